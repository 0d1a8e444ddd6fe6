// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The shard format: plain HDF5 (superblock version 2, object headers with checksums) that h5py opens.
///
/// A data set is a folder of `<split>-00000.h5`, `<split>-00001.h5`, …, each about 256 MiB. Every file has
///
///   raw layout       /images     (N, H, W, C)         contiguous; uint8, or uint16, int16, float16, float32, float64
///   encoded layout   /bytes      uint8  (B)           contiguous; JPEG and PNG files, end to end
///                    /offsets    uint64 (N + 1)       image i is bytes[offsets[i] : offsets[i + 1]]
///   both             /labels     int32  (N)           class index, -1 where unlabelled
///                    /ids        uint64 (N)           place of the image in the source's split
///                    /checksums  uint32 (N)           CRC-32C of each image's stored bytes
///
/// and these root attributes:
///
///   tacit_format     int64       1; written last, so that a file without it is not a complete shard
///   layout, split, source        text
///   classes          text (K)    names in label order; K = 0 when unlabelled
///   channels, height, width      int64; height = width = 0 when images differ in size
///   element          text        encoded layout, only where images decode to 16 bits: u16
///   mean, std        fp64 (C)    per channel over every pixel of the training split; integers as fractions of the
///                                type's largest value (u8 / 255, u16 / 65535, i16 / 32767), floats as they are
///   value_range      fp64 (2)    stored numbers that mean black and white; floats: lowest and highest value in any
///                                split, or as declared; integers: only where declared, else they span their type
///   total            int64       images in all shards of the split: a missing shard is noticed
///   index_checksum   int64       CRC-32C over labels, ids, checksums and offsets, in this order
///   text_checksum    int64       CRC-32C over layout, split, source, element and classes, each with a zero behind it;
///                                HDF5 itself checks its headers and what lies in them, but not the longest lists
///
/// Equal inputs and options give equal bytes (no time stamps are stored).
namespace tacit::shards {

inline constexpr std::int64_t kFormatVersion = 1;
inline constexpr std::int64_t kShardBytes = std::int64_t{256} << 20;
/// An image with more pixels than this is refused before memory is taken for it.
inline constexpr std::int64_t kMaxPixels = std::int64_t{1} << 27;
/// Nor may its pixels take more than this.
inline constexpr std::int64_t kMaxImageBytes = std::int64_t{1} << 31;
inline constexpr std::int64_t kMaxImageChannels = 32;

enum class Layout { raw, encoded };

} // namespace tacit::shards
