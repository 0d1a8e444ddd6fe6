// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/image_part.hpp"

#include <vector>

namespace tacit::shards {

/// Type and channels of image files, for all of which they must do.
struct EncodedKind {
    Element element = Element::u8;
    int channels = 3;
};

/// What the headers of up to 64 of the images, evenly spread, tell: 16 bits if one of them has 16 bits, gray if all of
/// them are gray. JPEGs count as RGB. Headers that cannot be read are passed over: reading the image says why.
EncodedKind encoded_kind(const ImageItems& items);

/// Gives files of a split, all of which hold image files of others, one type and number of channels.
void unite_encoded_kinds(std::vector<FileIndex>& files);

/// Has files of a split, if all of them hold image files of others, read as 16 bits or RGB where `kind` is. Whether
/// that changed any.
bool widen(std::vector<FileIndex>& files, EncodedKind kind);

} // namespace tacit::shards
