// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/inspect.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

constexpr InspectOptions kWithoutMeasuring{0};

/// What a printed section says, read as a config is.
struct PrintedSection {
    DataSpec spec;
    std::string train;
    std::string test;
};

PrintedSection parsed(const std::string& text);
/// The section that inspect() prints.
PrintedSection printed(const std::string& path);
/// Opens a split by it, and reads every image.
Dataset opened(const PrintedSection& section, const std::string& split);

/// Whether one of the lines holds `text`.
bool mentions(const std::vector<std::string>& lines, const std::string& text);

/// Adds a data set of 0, 1 ... modulus - 1, 0 ..., times `scale`.
template <class T>
void add(const testing::Hdf5File& file, const std::string& name, const std::vector<hsize_t>& shape, int modulus,
         double scale = 1) {
    std::size_t count = 1;
    for (const hsize_t extent : shape) {
        count *= extent;
    }
    file.add(name, shape, testing::counting<T>(count, modulus, scale));
}

} // namespace tacit::shards
