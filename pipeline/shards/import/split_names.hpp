// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::shards {

/// ASCII letters in lower case.
std::string lower_case(std::string text);
/// "train", "val" or "test" for their usual names ("Training", "valid", …); "" for other words.
std::string split_of_word(const std::string& word);
/// "x_train.npy" -> {"x", "train", "npy"}: what stands between '_', '-', '.' and '/', in lower case.
std::vector<std::string> words_of(const std::string& name);
/// The split that a word of `name` names, or "".
std::string split_in_name(const std::string& name);
/// Sorted as everywhere: train, val, test, unlabeled.
std::vector<std::string> in_split_order(const std::vector<std::string>& splits);

} // namespace tacit::shards
