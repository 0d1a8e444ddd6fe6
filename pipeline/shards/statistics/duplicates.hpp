// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/part_reader.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tacit::shards {

/// 128 bits of the SHA-256 of shape and pixels: any two of 2^32 different images have the same with p < 2^-64.
using ImageDigest = std::array<std::uint64_t, 2>;
ImageDigest digest_of(const StoredImage& image);

/// Two images of a split with equal pixels.
struct DuplicatePair {
    std::int64_t first = 0;
    std::int64_t second = 0;
};

struct Duplicates {
    std::int64_t count = 0;              ///< images whose pixels equal those of an earlier image
    std::vector<DuplicatePair> examples; ///< the first ten, by second image, each with the first image like it
};

Duplicates find_duplicates(const std::vector<ImageDigest>& digests);

} // namespace tacit::shards
