// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "tests/message_of.hpp"
#include "tests/temporary_folder.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::testing {

/// Smooth pixels that differ from image to image.
std::vector<std::uint8_t> make_pixels(augment::ImageShape shape, int seed);
std::vector<std::uint8_t> make_jpeg(augment::ImageShape shape, int seed);
std::vector<std::uint8_t> make_png(augment::ImageShape shape, int seed);

/// Creates parent folders.
void write_bytes(const std::string& path, const std::vector<std::uint8_t>& bytes);
std::vector<std::uint8_t> read_bytes(const std::string& path);
/// Every file below `folder` as "relative path" + content.
std::string folder_content(const std::string& folder);

/// `count` raw images of `shape` with labels i % classes, in shards of at most `shard_bytes`.
void write_raw_split(const std::string& folder, const std::string& split, augment::ImageShape shape, int count,
                     int classes, std::int64_t shard_bytes = std::int64_t{1} << 30);

} // namespace tacit::testing
