// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/listing.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tacit::shards::h5 {

/// A group for each image: "samples/*/image" stands for the data sets `image` in all groups of `samples`, "*/*/image"
/// for those one level deeper.
struct SamplePattern {
    std::string group;  ///< "/": the root
    std::string member; ///< behind the first "*/": "image", "*/image"
};

/// Nothing if `name` is that of one object.
std::optional<SamplePattern> sample_pattern(const std::string& name);

/// The group of a pattern; of other names the name itself.
std::string sample_parent(const std::string& name);

/// Whether a data set lies in one of the groups that `pattern` is for.
bool in_sample(const std::string& name, const std::string& pattern);

/// Patterns of the images in groups side by side, most of which hold a data set of one name that is the only one that
/// may be an image, or is named so, and others that go with it.
std::vector<std::string> sample_groups(const std::vector<ListedSet>& sets);

/// The one of them in `group`; "": there is none.
std::string samples_in(hid_t file, const std::string& group);

/// The patterns of labels beside those images, by the first group: usual names, then others with a word for labels, and
/// single texts.
std::vector<std::string> labels_of_samples(hid_t file, const std::string& images);

} // namespace tacit::shards::h5
