// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tacit::shards {

/// What the name of a folder says that it holds.
struct NamedContent {
    enum class Kind { images, masks, other };
    Kind kind = Kind::other;
    std::string rest; ///< in lower case, without the word and signs: "train" of train_masks, "" of masks
};

/// "JPEGImages", "img", "train_images": images. "masks", "labels", "SegmentationClass", "train_gt": masks, by which
/// annotations of every kind are meant.
NamedContent named_content(const std::string& folder);

/// "scan0" of "scan0_mask", "scan0-seg", "scan0_mask_1": the file, without its extension, that one so named goes with.
/// "" of other names.
std::string masked_stem(const std::string& stem);

} // namespace tacit::shards
