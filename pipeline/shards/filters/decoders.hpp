// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/filters/filter_pipeline.hpp"
#include "pipeline/shards/filters/filter_scratch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

/// One function for each filter that Tacit undoes itself, in a file of its name, in block_codecs.cpp or planes.cpp.
/// Each takes the bytes that the filter made and gives those that it was given, as a view of `room` (or of `stored` if
/// nothing had to move). `room` is the most that may come out. They throw DataError, whose message begins with the
/// filter's name. `check_` functions throw DataError if the filter's values make no sense, and complete those that a
/// file may leave out.
namespace tacit::shards {

using Bytes = std::span<const std::uint8_t>;
using Room = std::span<std::uint8_t>;

/// zlib format (RFC 1950).
Bytes undo_deflate(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch);
/// Byte planes; bytes after the last whole element stand as they were. Values: element bytes.
Bytes undo_shuffle(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch);
void check_shuffle(Filter& filter, std::size_t element_bytes);
/// Verifies and removes the checksum behind the data; also accepts it with the bytes of each half swapped, as HDF5
/// before 1.6.3 wrote it on little-endian machines (H5Zfletcher32.c).
Bytes undo_fletcher32(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch);
/// CCSDS 121.0-B through libaec, after a 32-bit size. Values: options, pixels a block, bits a pixel, pixels a scanline.
Bytes undo_szip(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch);
void check_szip(Filter& filter, std::size_t element_bytes);
/// LibLZF's stream, as h5py writes it.
Bytes undo_lzf(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch);
/// Blosc 1 chunks (README_CHUNK_FORMAT.rst of c-blosc): BloscLZ, LZ4, Snappy, zlib or Zstandard;
/// shuffled by bytes or bits.
Bytes undo_blosc(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch);
/// Blocks of LZ4 under a header of big-endian sizes (HDF5 filter 32004).
Bytes undo_lz4(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch);
/// Bit planes, alone or with each block compressed by LZ4 or Zstandard (HDF5 filter 32008). Values: version (2),
/// element bytes, elements a block (0: chosen by element size), compression (0 none, 2 LZ4, 3 Zstandard).
Bytes undo_bitshuffle(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch);
void check_bitshuffle(Filter& filter, std::size_t element_bytes);
/// True if these values have bitshuffle compress its blocks.
bool bitshuffle_compresses(const Filter& filter);
/// Zstandard frames.
Bytes undo_zstd(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch);

} // namespace tacit::shards
