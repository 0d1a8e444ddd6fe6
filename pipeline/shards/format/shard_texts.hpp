// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/digest.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// The attribute `text_checksum` of a shard: see format.hpp.
inline std::int64_t text_checksum(const std::string& layout, const std::string& split, const std::string& source,
                                  const std::string& element, const std::vector<std::string>& classes) {
    std::uint32_t crc = 0;
    for (const std::string* text : {&layout, &split, &source, &element}) {
        crc = crc32c(text->c_str(), text->size() + 1, crc);
    }
    for (const std::string& name : classes) {
        crc = crc32c(name.c_str(), name.size() + 1, crc);
    }
    return static_cast<std::int64_t>(crc);
}

/// The attribute `index_checksum`: of labels, ids, checksums and offsets.
template <class... T> std::int64_t column_checksum(const std::vector<T>&... columns) {
    std::uint32_t crc = 0;
    ((crc = crc32c(columns.data(), columns.size() * sizeof(T), crc)), ...);
    return static_cast<std::int64_t>(crc);
}

} // namespace tacit::shards
