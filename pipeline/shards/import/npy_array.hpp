// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/byte_store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// A NumPy array (.npy, format versions 1 to 3) whose values lie in a store.
struct NpyArray {
    std::string name; ///< without ".npy": "x_train"
    std::shared_ptr<const ByteStore> store;
    std::uint64_t offset = 0; ///< of the first value
    char kind = 'u';          ///< NumPy's: u, i, f, b, …
    std::size_t value_bytes = 1;
    bool big_endian = false;
    bool fortran = false; ///< the first axis varies fastest
    std::vector<std::int64_t> shape;

    std::int64_t values() const;
    /// "(60000, 28, 28) u1".
    std::string text() const;
    /// From axis to neighbour along it, in values.
    std::vector<std::uint64_t> steps() const;
};

/// Parses the header at `offset` of `store`, of `bytes` bytes with its values. Throws DataError naming the store if it
/// is none, names a structured type, or claims other than the bytes that are there.
NpyArray open_npy_array(const std::string& name, std::shared_ptr<const ByteStore> store, std::uint64_t offset,
                        std::uint64_t bytes);

/// Whole numbers of an array of integers, booleans or floats that are whole, as class indices. Shapes (N,), (N, 1), …
/// and one-hot (N, K). Throws DataError naming the array for others, and for classes outside of [-1, 2^20).
std::vector<std::int32_t> class_labels(const NpyArray& array);

} // namespace tacit::shards
