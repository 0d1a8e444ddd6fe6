// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tacit::models {

/// Where and what one tensor of a safetensors file is; offsets count from the end of the header.
struct TensorEntry {
    std::string name;
    c10::ScalarType type = c10::ScalarType::Float;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct SafetensorsHeader {
    std::vector<TensorEntry> entries; ///< by place in the file
    std::map<std::string, std::string> metadata;
};

/// Header of at most this many bytes, as the reference implementation allows.
inline constexpr std::uint64_t kLargestHeader = 100'000'000;

/// JSON of a header, padded with spaces to a multiple of 8 bytes.
std::string header_text(const SafetensorsHeader& header);

/// Parses and verifies a header against a buffer of `buffer_bytes`: known types, shapes that fit their ranges, ranges
/// that tile the buffer, no key twice. Throws DataError that starts with `path`.
SafetensorsHeader parse_header(const std::string& path, const std::string& text, std::uint64_t buffer_bytes);

} // namespace tacit::models
