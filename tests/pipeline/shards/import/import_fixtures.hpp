// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/import/import.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace tacit::testing {

using Bytes = std::vector<std::uint8_t>;

/// From `folder`/source into `folder`/shards.
shards::ImportOptions options_for(const TemporaryFolder& folder);
/// source/<split>/<class>/…: six 10 x 8 colour images in train, two in test, as JPEG and PNG.
void write_tree(const TemporaryFolder& folder);
/// An image of 4 x 4 pixels, unlike those of other seeds, under each of these paths below `folder`/source.
void write_images(const TemporaryFolder& folder, const std::vector<std::string>& paths);
/// What a source would be imported as: "split class" of the images by their names in tables (paths below the source);
/// class "-" for none.
std::map<std::string, std::string> images_of(const shards::ImportOptions& options);
/// "count what" of everything that the import of a source would leave out.
std::vector<std::string> left_out_of(const shards::ImportOptions& options);
/// Image `index` of a data set of uint8.
Bytes pixels_of(const shards::Dataset& dataset, std::int64_t index);
/// tests/oracle/fixtures/import/<name>.
std::string import_fixture(const std::string& name);

/// /images of a shard, read by libhdf5 alone: HDF5's own conversion to the type that `bytes` values have.
struct StoredNumbers {
    std::vector<std::uint64_t> shape;
    bool is_float = false;
    bool is_signed = false;
    std::size_t value_bytes = 0;
    Bytes bytes; ///< as stored
};
StoredNumbers stored_images(const std::string& shard);
/// A root attribute of numbers; empty if there is none.
std::vector<double> number_attribute(const std::string& shard, const std::string& name);

/// The values of /images, which must be of type T.
template <class T> std::vector<T> stored_values(const std::string& shard) {
    const StoredNumbers array = stored_images(shard);
    if (array.value_bytes != sizeof(T) || array.is_float != std::is_floating_point_v<T>) {
        return {};
    }
    std::vector<T> values(array.bytes.size() / sizeof(T));
    std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
    return values;
}

/// tests/oracle/import_fixtures.py's value(i): (37 i + 11) mod 251, for floats half of it less 20.
template <class T> T oracle_value(std::size_t i) {
    const auto number = static_cast<double>((i * 37 + 11) % 251);
    if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(number / 2 - 20);
    } else {
        return static_cast<T>(number * (std::is_same_v<T, std::uint16_t> ? 257 : 1));
    }
}
template <class T> std::vector<T> oracle_values(std::size_t count) {
    std::vector<T> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = oracle_value<T>(i);
    }
    return values;
}

} // namespace tacit::testing
