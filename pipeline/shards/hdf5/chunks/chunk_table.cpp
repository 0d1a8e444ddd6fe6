// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/chunks/chunk_table.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kMaxChunks = std::uint64_t{1} << 28;
/// A file may claim as many chunks as it has bytes, or this many: those never written take none.
constexpr std::uint64_t kUnwrittenChunks = std::uint64_t{1} << 20;
constexpr std::uint32_t kNoFilters = ~std::uint32_t{0};

} // namespace

ChunkTable::ChunkTable(StoredArray& array, std::uint64_t file_bytes, bool unfiltered_edges)
    : array_(&array), file_bytes_(file_bytes), unfiltered_edges_(unfiltered_edges) {
    const std::uint64_t limit = std::min(kMaxChunks, std::max(kUnwrittenChunks, file_bytes));
    std::uint64_t count = 1;
    for (std::size_t i = 0; i < array.shape.size(); ++i) {
        if (array.chunk[i] == 0) {
            throw DataError("has chunks without elements; the file is damaged");
        }
        grid_.push_back(array.shape[i] / array.chunk[i] + (array.shape[i] % array.chunk[i] == 0 ? 0 : 1));
        count = grid_.back() != 0 && count > limit / grid_.back() ? limit + 1 : count * grid_.back();
    }
    if (count > limit) {
        throw DataError(
            fmt::format("claims more than {} chunks in a file of {} bytes; the file is damaged", limit, file_bytes_));
    }
    array.chunks.assign(static_cast<std::size_t>(count), {kNoAddress, 0, 0});
}

std::size_t ChunkTable::number(std::span<const std::uint64_t> place) const {
    std::uint64_t result = 0;
    for (std::size_t i = 0; i < grid_.size(); ++i) {
        if (place[i] >= grid_[i]) {
            throw DataError("has a chunk outside of its shape; the file is damaged");
        }
        result = result * grid_[i] + place[i];
    }
    return static_cast<std::size_t>(result);
}

bool ChunkTable::at_edge(std::size_t number) const {
    for (std::size_t i = grid_.size(); i-- > 0;) {
        const std::uint64_t place = number % grid_[i];
        number /= static_cast<std::size_t>(grid_[i]);
        if ((place + 1) * array_->chunk[i] > array_->shape[i]) {
            return true;
        }
    }
    return false;
}

void ChunkTable::put(std::size_t number, std::uint64_t begin, std::uint64_t bytes, std::uint32_t mask) {
    StoredChunk& chunk = array_->chunks.at(number);
    if (++reported_ > array_->chunks.size() || chunk.address != kNoAddress) {
        throw DataError(fmt::format("lists chunk {} twice; the file is damaged", number));
    }
    if (begin == kNoAddress || bytes == 0) {
        return;
    }
    if (bytes > std::numeric_limits<std::uint32_t>::max() || begin > file_bytes_ || bytes > file_bytes_ - begin) {
        throw DataError(fmt::format("chunk {} claims {} bytes at byte {} of a file of {}; the file is truncated "
                                    "or damaged",
                                    number, bytes, begin, file_bytes_));
    }
    if (unfiltered_edges_ && at_edge(number)) {
        mask = kNoFilters;
    }
    chunk = {begin, static_cast<std::uint32_t>(bytes), mask};
}

} // namespace tacit::shards::h5
