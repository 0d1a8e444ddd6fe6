// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/index/index_bytes.hpp"
#include "pipeline/shards/statistics/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <span>
#include <sstream>

namespace tacit::shards {
namespace {

/// One line of cases.tsv; see write_matrix.py.
struct Case {
    std::string name;
    std::string path;
    std::string images;
    std::string labels;
    std::string axes;
    std::string element;
    std::string reader;
    std::string expected;
};

std::string folder() {
    const char* given = std::getenv("TACIT_MATRIX_FOLDER");
    return given == nullptr ? "" : given;
}

std::vector<Case> cases() {
    std::vector<Case> found;
    std::ifstream in(folder() + "/cases.tsv");
    for (std::string line; std::getline(in, line);) {
        std::istringstream cells(line);
        Case next;
        for (std::string* cell : {&next.name, &next.path, &next.images, &next.labels, &next.axes, &next.element,
                                  &next.reader, &next.expected}) {
            std::getline(cells, *cell, '\t');
        }
        found.push_back(next);
    }
    return found;
}

DataSpec spec_of(const Case& given) {
    DataSpec spec;
    spec.path = folder() + "/" + given.path;
    spec.images = given.images;
    spec.labels = given.labels;
    spec.axes = given.axes;
    if (!given.element.starts_with("png")) {
        spec.range = {0, 1};
    }
    return spec;
}

std::string element_of(const Case& given) {
    return given.element == "png" ? "u8" : given.element == "png16" ? "u16" : given.element;
}

std::string text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool needs_libhdf5(const DatasetIndex& index) {
    const std::vector<ImagePart>& parts = index.files.at(0).parts;
    return std::any_of(parts.begin(), parts.end(), [](const ImagePart& part) {
        return part.array && part.array->layout == StoredArray::Layout::library;
    });
}

/// Every image, alone and in its block, is what h5py wrote; its label tells which one it is.
void check(const Case& given) {
    const DatasetIndex found = index_dataset(spec_of(given), "train");
    EXPECT_EQ(needs_libhdf5(found), given.reader == "libhdf5");
    const Dataset dataset(index_of_bytes(bytes_of_index(found))); // as another rank gets it
    EXPECT_EQ(dataset.info().fingerprint, Dataset(found).info().fingerprint);
    const std::string expected = read_file(folder() + "/" + given.expected);
    const auto size = static_cast<std::size_t>(dataset.info().size);
    ASSERT_EQ(expected.size() % size, 0U);
    const std::size_t bytes = expected.size() / size;
    EXPECT_EQ(element_name(dataset.info().element), element_of(given));
    SampleBuffer buffer;
    SampleBuffer other;
    Block block;
    std::vector<bool> seen(size, false);
    for (std::size_t number = 0; number + 1 < dataset.block_starts().size(); ++number) {
        dataset.load(static_cast<std::int64_t>(number), block, buffer.scratch);
        for (std::int64_t index = dataset.block_starts()[number]; index < dataset.block_starts()[number + 1]; ++index) {
            const auto row = static_cast<std::size_t>(dataset.labels()[static_cast<std::size_t>(index)]);
            ASSERT_LT(row, size);
            EXPECT_FALSE(seen[row]);
            seen[row] = true;
            const std::string wanted = expected.substr(row * bytes, bytes);
            const augment::ImageView alone = dataset.read(index, buffer);
            const augment::ImageView together = dataset.image(block, index, other);
            EXPECT_EQ(text({alone.data, alone.shape.bytes()}), text({together.data, together.shape.bytes()}));
            EXPECT_EQ(text(dataset.stored(index, buffer).bytes), text(dataset.stored(block, index).bytes));
            const StoredImage values = dataset.values(block, index, buffer);
            EXPECT_EQ(text(values.bytes), wanted) << "image " << row;
        }
    }
}

/// A row a channel, by the name of the case; see write_matrix.py.
using Figures = std::map<std::string, std::vector<std::vector<double>>>;

Figures figures_of_numpy() {
    Figures figures;
    std::ifstream in(folder() + "/figures.tsv");
    for (std::string line; std::getline(in, line);) {
        std::istringstream cells(line);
        std::string name;
        std::getline(cells, name, '\t');
        std::vector<double>& row = figures[name].emplace_back();
        for (double number = 0; cells >> number;) {
            row.push_back(number);
        }
    }
    return figures;
}

void append(const ChannelStatistics& channel, std::vector<double>& row) {
    row.insert(row.end(), {channel.mean, channel.std, channel.min, channel.max});
    row.insert(row.end(), channel.percentiles.begin(), channel.percentiles.end());
}

void check_figures(const Case& given, const std::vector<std::vector<double>>& expected) {
    StatisticsOptions options;
    options.threads = 2;
    const Statistics measured = measure_statistics(Dataset::open(spec_of(given), "train"), options);
    ASSERT_EQ(measured.stored.size(), expected.size());
    for (std::size_t c = 0; c < expected.size(); ++c) {
        std::vector<double> row;
        append(measured.stored[c], row);
        append(measured.scaled[c], row);
        ASSERT_EQ(row.size(), expected[c].size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            EXPECT_NEAR(row[i], expected[c][i], 1e-12 * (1 + std::abs(expected[c][i]))) << "channel " << c << ", " << i;
        }
    }
}

TEST(Matrix, StatisticsAreThoseOfNumPy) {
    const Figures expected = figures_of_numpy();
    const std::vector<Case> all = cases();
    ASSERT_FALSE(all.empty()) << "write_matrix.py makes the files; TACIT_MATRIX_FOLDER names their folder";
    for (const Case& given : all) {
        SCOPED_TRACE(given.name);
        ASSERT_TRUE(expected.contains(given.name));
        EXPECT_NO_THROW(check_figures(given, expected.at(given.name)));
        if (HasFatalFailure()) {
            return;
        }
    }
}

TEST(Matrix, ReadsWhatH5pyWrote) {
    const std::vector<Case> all = cases();
    ASSERT_FALSE(all.empty()) << "write_matrix.py makes the files; TACIT_MATRIX_FOLDER names their folder";
    for (const Case& given : all) {
        SCOPED_TRACE(given.name);
        EXPECT_NO_THROW(check(given)) << given.name;
        if (HasFatalFailure()) {
            return;
        }
    }
    RecordProperty("cases", static_cast<int>(all.size()));
}

} // namespace
} // namespace tacit::shards
