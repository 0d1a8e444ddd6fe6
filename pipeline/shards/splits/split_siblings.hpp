// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tacit::shards {

/// Files, or objects of a file, whose names differ in the word for the split alone.
struct SplitSiblings {
    std::string pattern; ///< their path, with {split} in place of the word
    std::string train;   ///< the word for the training split; where there is none, the given file's own
    std::string test;    ///< for the test split, else a validation split; empty: there is none
};

/// The siblings of `path`, if its name holds a word such as train, training, TEST, valid between signs that are no
/// letters or digits, and a file with another such word is there.
std::optional<SplitSiblings> split_siblings(const std::string& path);

/// The same of any names, with the word anywhere from byte `from` on. `exists`: whether a name is there.
std::optional<SplitSiblings> split_siblings(const std::string& name, std::size_t from,
                                            const std::function<bool(const std::string&)>& exists);

} // namespace tacit::shards
