// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace tacit::shards {

/// A random order of the images of blocks that begin at `block_starts`, made of the seed alone. The order of the blocks
/// is random, and so is that of the images within each `window` blocks of it: Corgi2's first stage (Livne et al. 2023,
/// arXiv:2309.01640), so that a block need only be loaded once. One block an image, or all blocks in the window, make
/// one full shuffle.
std::vector<std::int64_t> shuffled_order(const std::vector<std::int64_t>& block_starts, std::size_t window,
                                         std::uint64_t seed);

} // namespace tacit::shards
