// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tuple>
#include <vector>

namespace tacit::shards {

struct Labels;

/// The classes that two lists of labels give one image; "": none.
struct ClassPair {
    std::string taken;
    std::string other;
    bool operator==(const ClassPair&) const = default;
    bool operator<(const ClassPair& than) const { return std::tie(taken, other) < std::tie(than.taken, than.other); }
};

/// Other labels of the same images.
struct OtherLabels {
    std::string key;              ///< value of data.labels
    bool usual = false;           ///< by their name or place they can be nothing else
    std::vector<ClassPair> pairs; ///< of all images, each once, in order
};

/// All labels of some images: those that are taken, and what the others say of the same images. Kept for each file, so
/// that lists which differ only from file to file are seen too.
struct LabelRivals {
    std::string what;  ///< "'labels' may be the labels of 'images'"
    std::string taken; ///< value of data.labels
    std::vector<OtherLabels> others;

    void add(const std::string& key, bool usual, const Labels& of_taken, const Labels& of_other);
    /// Those of other images.
    void join(const LabelRivals& more);
    /// Why it is open which labels count: some tell the `images` images apart in another way than those that are taken.
    /// A list of as many classes as images is their names; one that is not usual must have as many classes as those
    /// that are taken. "": none does.
    std::string doubt(std::size_t images) const;
};

} // namespace tacit::shards
