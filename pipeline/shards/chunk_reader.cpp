// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/chunk_reader.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/extents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

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

std::vector<std::uint8_t> read_list(const StoredArray& array, const FileBytes& file, std::uint64_t limit) {
    const std::uint64_t elements = capped_product(array.shape);
    if (array.shape.empty() || elements != array.shape[0] || elements > limit / array.element_bytes) {
        throw DataError(fmt::format("is no list of at most {} bytes", limit));
    }
    std::vector<std::uint8_t> all(static_cast<std::size_t>(elements * array.element_bytes));
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
    for (std::size_t number = 0, done = 0; done < all.size(); ++number) {
        reader.read(number, chunk, scratch);
        const std::size_t part = std::min(chunk.size(), all.size() - done);
        std::memcpy(all.data() + done, chunk.data(), part);
        done += part;
    }
    return all;
}

} // namespace tacit::shards
