// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/hdf5/listing.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// Where the labels of a file's images seem to be.
struct LabelGuess {
    bool found = false;
    std::string key;                ///< data.labels; empty: the reader finds them
    std::string pattern;            ///< the same for files whose names differ in the split: with {split}
    std::vector<std::string> notes; ///< what looked like labels and is none
};

/// Tries, for the `count` images that `spec` names in `path`: data sets with usual names, `usual` (which the reader
/// finds by itself; may be empty) first; subgroups as classes; a file whose name has y or labels where this one has x
/// or images; .csv files beside it, for images that have names. `sibling_pattern`: the path of such files with {split};
/// empty: there are none.
LabelGuess guess_labels(const std::string& path, const std::string& sibling_pattern, const DataSpec& spec,
                        const std::string& usual, std::int64_t count);

/// Data sets among `sets`, all of `path`, that by name and content are labels for `count` images too, in one line with
/// their numbers of classes; those in `taken` are left out. Empty: there are none.
std::string other_labels(const std::string& path, const std::vector<h5::ListedSet>& sets, std::int64_t count,
                         const std::vector<std::string>& taken);

} // namespace tacit::shards
