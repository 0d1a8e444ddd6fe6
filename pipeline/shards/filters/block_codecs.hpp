// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/filters/filter_scratch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// The general codecs, which several filters use for their blocks. Each returns how many bytes it wrote to `room`, and
/// throws DataError beginning with `subject` if the data are damaged or do not fit.
namespace tacit::shards {

/// A zlib stream (RFC 1950) with nothing behind it.
std::size_t decode_zlib(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room, FilterScratch& scratch,
                        std::string_view subject);
/// One LZ4 block.
std::size_t decode_lz4(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room, std::string_view subject);
/// Zstandard frames.
std::size_t decode_zstd(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room, FilterScratch& scratch,
                        std::string_view subject);
/// BloscLZ, as c-blosc writes it (a variant of FastLZ with a wider window).
std::size_t decode_blosclz(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room,
                           std::string_view subject);
/// Snappy's raw format (format_description.txt of google/snappy).
std::size_t decode_snappy(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room, std::string_view subject);

} // namespace tacit::shards
