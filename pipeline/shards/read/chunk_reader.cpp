// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/read/chunk_reader.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/read/extents.hpp"
#include "pipeline/shards/read/strided_copy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::shards {

ChunkReader::ChunkReader(const StoredArray& array, const FileBytes& file)
    : array_(&array), file_(&file), filters_(array.filters, static_cast<std::size_t>(array.element_bytes)),
      chunk_bytes_(capped_product(array.chunk, array.element_bytes)) {
    constexpr std::uint64_t kMaxChunkBytes = std::uint64_t{1} << 32; // of libhdf5
    if (chunk_bytes_ > kMaxChunkBytes) {
        throw DataError(fmt::format("has chunks of {} bytes", chunk_bytes_));
    }
    for (const StoredChunk& chunk : array.chunks) {
        if (chunk.address != kNoAddress && (chunk.bytes > file.size() || chunk.address > file.size() - chunk.bytes)) {
            throw DataError(fmt::format("claims a chunk of {} bytes at byte {} of a file of {}; the file is truncated "
                                        "or damaged",
                                        chunk.bytes, chunk.address, file.size()));
        }
    }
}

void ChunkReader::read(std::uint64_t number, std::span<std::uint8_t> to, ChunkScratch& scratch) const {
    const StoredChunk& chunk = array_->chunks.at(static_cast<std::size_t>(number));
    if (chunk.address == kNoAddress) {
        std::fill(to.begin(), to.end(), std::uint8_t{0});
        const std::size_t size = std::min(array_->fill.size(), to.size());
        std::copy_n(array_->fill.begin(), size, to.begin());
        for (std::size_t done = size; done > 0 && done < to.size(); done *= 2) { // what is filled fills as much again
            std::copy_n(to.begin(), std::min(done, to.size() - done), to.begin() + static_cast<std::ptrdiff_t>(done));
        }
        return;
    }
    try {
        decode(chunk, to, scratch);
    } catch (const DataError& error) {
        throw DataError(fmt::format("chunk {} (bytes {} to {} of the file) {}", number, chunk.address,
                                    chunk.address + chunk.bytes, error.what()));
    }
}

void ChunkReader::decode(const StoredChunk& chunk, std::span<std::uint8_t> to, ChunkScratch& scratch) const {
    if (!array_->filters.empty()) {
        scratch.stored.resize(chunk.bytes);
        file_->read(chunk.address, scratch.stored.data(), scratch.stored.size());
        filters_.decode(scratch.stored, chunk.mask, to, scratch.filters);
        return;
    }
    if (chunk.bytes != to.size()) {
        throw DataError(fmt::format("takes {} bytes and should take {}", chunk.bytes, to.size()));
    }
    file_->read(chunk.address, to.data(), to.size());
}

namespace {

/// Copies what of a chunk lies inside of the array to its place there. `at`: of the chunk, counted in chunks.
void place_chunk(const StoredArray& array, std::span<const std::uint64_t> at, const std::uint8_t* chunk,
                 std::uint8_t* all) {
    std::vector<StridedCopy::Dimension> dimensions(array.shape.size());
    std::uint64_t from = array.element_bytes;
    std::uint64_t to = array.element_bytes;
    for (std::size_t i = dimensions.size(); i-- > 0;) {
        const std::uint64_t begin = at[i] * array.chunk[i];
        dimensions[i] = {std::min(array.chunk[i], array.shape[i] - begin), from, to};
        all += begin * to;
        from *= array.chunk[i];
        to *= array.shape[i];
    }
    StridedCopy(dimensions, static_cast<std::size_t>(array.element_bytes))(chunk, all);
}

} // namespace

std::vector<std::uint8_t> read_dense(const StoredArray& array, const FileBytes& file, std::uint64_t limit) {
    const std::uint64_t bytes = capped_product(array.shape, array.element_bytes);
    if (array.shape.empty() || array.shape.size() > kMaxRank || bytes > limit) {
        throw DataError(fmt::format("is no array of at most {} bytes and {} dimensions", limit, kMaxRank));
    }
    std::vector<std::uint8_t> all(static_cast<std::size_t>(bytes));
    if (array.layout == StoredArray::Layout::contiguous) {
        file.read(array.address, all.data(), all.size());
        return all;
    }
    if (array.layout == StoredArray::Layout::library) {
        throw DataError(fmt::format("is stored with {}, which Tacit reads for arrays of images only", array.reason));
    }
    const ChunkReader reader(array, file);
    ChunkScratch scratch;
    std::vector<std::uint8_t> chunk(static_cast<std::size_t>(reader.chunk_bytes()));
    std::vector<std::uint64_t> at(array.shape.size(), 0);
    for (std::size_t number = 0; number < array.chunks.size(); ++number) {
        reader.read(number, chunk, scratch);
        place_chunk(array, at, chunk.data(), all.data());
        for (std::size_t i = at.size(); i-- > 0 && ++at[i] * array.chunk[i] >= array.shape[i];) {
            at[i] = 0;
        }
    }
    return all;
}

} // namespace tacit::shards
