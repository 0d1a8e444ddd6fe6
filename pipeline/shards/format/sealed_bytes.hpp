// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/digest.hpp"
#include "pipeline/shards/index/index_archive.hpp"
#include "pipeline/shards/index/index_fields.hpp"

#include <string>
#include <string_view>

namespace tacit::shards {

/// The SHA-256 of the fields of T and their version: what begins bytes of T.
template <class T> std::string schema_of() {
    IndexSchema schema;
    schema.put(T{});
    return sha256_of(std::to_string(kIndexVersion) + schema.text());
}

/// `value` as bytes: schema_of<T>(), its fields, and the SHA-256 of both.
template <class T> std::string sealed_bytes(const T& value) {
    IndexWriter writer;
    writer.put(value);
    std::string bytes = schema_of<T>() + writer.take();
    bytes += sha256_of(bytes);
    return bytes;
}

/// What sealed_bytes() made. Throws DataError with the reason alone if anything in it differs, or if another version
/// of the program made it.
template <class T> T opened_bytes(std::string_view bytes) {
    constexpr std::size_t kDigest = 64; // hex digits
    if (bytes.size() < 2 * kDigest ||
        sha256_of(bytes.substr(0, bytes.size() - kDigest)) != bytes.substr(bytes.size() - kDigest)) {
        throw DataError("is no index of a data set, or a damaged one");
    }
    if (bytes.substr(0, kDigest) != schema_of<T>()) {
        throw DataError("is an index of another version");
    }
    T value;
    IndexReader reader(bytes.substr(kDigest, bytes.size() - 2 * kDigest));
    reader.get(value);
    reader.expect_end();
    return value;
}

} // namespace tacit::shards
