// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tacit::shards {

/// A word that names a split, in lower case, and the split.
struct SplitSpelling {
    std::string_view word;
    std::string_view split; ///< train, val, test or unlabeled
};

/// Every word that names a split, wherever splits are told by names; those of the training split first.
inline constexpr std::array<SplitSpelling, 12> kSplitSpellings = {{{"train", "train"},
                                                                   {"training", "train"},
                                                                   {"trainval", "train"},
                                                                   {"val", "val"},
                                                                   {"valid", "val"},
                                                                   {"validation", "val"},
                                                                   {"dev", "val"},
                                                                   {"test", "test"},
                                                                   {"testing", "test"},
                                                                   {"t10k", "test"},
                                                                   {"unlabeled", "unlabeled"},
                                                                   {"unlabelled", "unlabeled"}}};

/// What --splits tells of one split.
struct ToldSplit {
    std::string split;
    std::string path; ///< of a folder or file, without a slash at its end
};
/// Of "SPLIT=PATH". Throws ConfigError for other texts, and for splits of other characters than letters, digits and _.
ToldSplit told_split(const std::string& text);

/// ASCII letters in lower case.
std::string lower_case(std::string text);
/// The split of a word of kSplitSpellings, in any case; "" for other words.
std::string split_of_word(const std::string& word);
/// "x_train.npy" -> {"x", "train", "npy"}: what stands between '_', '-', '.' and '/', in lower case.
std::vector<std::string> words_of(const std::string& name);

/// Where a name holds a word for a split.
struct SplitWord {
    std::string split;
    std::size_t begin = 0; ///< of the word, in bytes
    std::size_t size = 0;
};

/// The word for a split that `name`, of one file, folder or data set, holds as a word of its own (set apart by signs,
/// digits or a capital letter: seg_train, train2017, TrainImages) or with set, data, images or labels at its
/// ends, or behind x or y (testset, xtrain). Nothing if there is none, or words of several splits (train_test).
std::optional<SplitWord> split_word(const std::string& name);
/// The name with {split} in the place of that word, if there is one.
std::string of_all_splits(std::string name);
/// The split of a path: that of split_word() of its last part that has one; "" if none has.
std::string split_in_name(const std::string& path);
/// The order of splits everywhere: train, val, test, unlabeled, then others by name.
struct SplitOrder {
    bool operator()(const std::string& one, const std::string& other) const;
};

} // namespace tacit::shards
