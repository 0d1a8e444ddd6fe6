// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/shuffled_order.hpp"

#include "augment/random/philox.hpp"

#include <algorithm>
#include <numeric>
#include <span>

namespace tacit::shards {
namespace {

constexpr std::uint32_t kStream = 0x7061636BU; ///< keeps these draws apart from those of training

/// Fisher and Yates; `stream` tells the shuffles of one seed apart. 64 bits modulo n favour no number by more than
/// n / 2^64.
void shuffle(std::span<std::int64_t> values, std::uint64_t seed, std::uint32_t stream) {
    const augment::PhiloxKey key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)};
    for (std::size_t i = values.size(); i > 1; --i) {
        const augment::PhiloxCounter draw = augment::philox4x32(
            {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(std::uint64_t{i} >> 32U), stream, kStream}, key);
        const std::uint64_t word = std::uint64_t{draw[0]} << 32U | draw[1];
        std::swap(values[i - 1], values[static_cast<std::size_t>(word % i)]);
    }
}

} // namespace

std::vector<std::int64_t> shuffled_order(const std::vector<std::int64_t>& block_starts, std::size_t window,
                                         std::uint64_t seed) {
    std::vector<std::int64_t> blocks(block_starts.size() - 1);
    std::iota(blocks.begin(), blocks.end(), 0);
    shuffle(blocks, seed, 0);
    std::vector<std::int64_t> order;
    order.reserve(static_cast<std::size_t>(block_starts.back()));
    std::uint32_t stream = 0;
    for (std::size_t begin = 0; begin < blocks.size(); begin += window) {
        const std::size_t first = order.size();
        for (std::size_t b = begin; b < std::min(begin + window, blocks.size()); ++b) {
            const auto number = static_cast<std::size_t>(blocks[b]);
            for (std::int64_t image = block_starts[number]; image < block_starts[number + 1]; ++image) {
                order.push_back(image);
            }
        }
        shuffle(std::span(order).subspan(first), seed, ++stream);
    }
    return order;
}

} // namespace tacit::shards
