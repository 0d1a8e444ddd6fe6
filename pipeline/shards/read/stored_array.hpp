// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/filters/filter_pipeline.hpp"
#include "pipeline/shards/read/element.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// One chunk as it lies in its file.
struct StoredChunk {
    std::uint64_t address = 0; ///< first byte in the file; kNoAddress: never written, its elements have the fill value
    std::uint32_t bytes = 0;   ///< after all filters
    std::uint32_t mask = 0;    ///< bit i: filter i was skipped
};

inline constexpr std::uint64_t kNoAddress = ~std::uint64_t{0};

/// How the elements of one HDF5 data set lie in its file: all that is needed to read it without libhdf5.
struct StoredArray {
    enum class Layout {
        contiguous,
        chunked,
        library ///< only libhdf5 can read it (`reason`), under its global lock
    };
    std::string path;    ///< the file that holds the data set itself, links and virtual mappings resolved
    std::string dataset; ///< its name there
    Layout layout = Layout::contiguous;
    std::string reason;            ///< why the library must read it
    Element element = Element::u8; ///< of plain numbers
    std::uint64_t element_bytes = 1;
    bool swapped = false;             ///< stored in the other byte order
    std::vector<std::uint64_t> shape; ///< slowest dimension first, as in h5py
    std::uint64_t address = 0;        ///< contiguous: first byte in the file
    std::vector<std::uint64_t> chunk; ///< chunked: elements of a chunk in each dimension
    std::vector<Filter> filters;
    std::vector<StoredChunk> chunks; ///< every chunk of the grid, last dimension fastest
    std::vector<std::uint8_t> fill;  ///< one element; empty: zero
};

} // namespace tacit::shards
