// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/element.hpp"
#include "tests/pipeline/shards/filters/filter_cases.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::testing {

/// An HDF5 data set of numbers as other programs write it.
struct ForeignArray {
    std::string name = "images";
    shards::Element element = shards::Element::u8;
    bool big_endian = false;
    std::vector<std::uint64_t> dims;
    std::vector<std::uint64_t> chunk; ///< empty: contiguous
    bool gzip = false;
    bool fletcher32 = false;
    std::vector<std::uint8_t> bytes; ///< in the stored byte order; empty: pattern()
};

/// Bytes that differ from place to place; floating-point numbers between -2 and 2.
std::vector<std::uint8_t> pattern(const ForeignArray& array);

/// Adds the array, and `labels` under "labels" unless empty, to a file that is made if it is not there. Names may hold
/// groups.
void write_foreign(const std::string& path, const ForeignArray& array, const std::vector<std::int64_t>& labels = {});

/// A new file with `chunks` equal chunks of an (N, 1, width) array `images`, each stored as `stored` says.
void write_filtered(const std::string& path, const shards::FilterCase& stored, std::uint64_t images_a_chunk,
                    std::uint64_t chunks);

/// Where `part` lies in a file, the first time from `from`. Throws std::runtime_error if it does not.
std::size_t place_of(const std::string& path, const std::vector<std::uint8_t>& part, std::size_t from = 0);
/// Changes one bit of a byte.
void flip(const std::string& path, std::size_t place);

} // namespace tacit::testing
