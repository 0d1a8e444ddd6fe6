// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/write/byte_store.hpp"
#include "pipeline/shards/labels/labels.hpp"

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
    char kind = 'u';          ///< NumPy's: u, i, f, b; U and S: texts
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

/// The elements of an array of texts, in UTF-8.
std::vector<std::string> array_texts(const NpyArray& array);

/// Classes that an array of texts names, or whole numbers of integers, booleans or floats that are whole. Shapes (N,),
/// (N, 1), … and, of numbers, one-hot (N, K). Throws NotLabels naming the array for others, and for numbers outside of
/// [-1, 2^20).
Labels class_labels(const NpyArray& array);

} // namespace tacit::shards
