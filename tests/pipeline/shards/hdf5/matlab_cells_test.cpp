// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace tacit::shards {
namespace {

using testing::Hdf5File;
using testing::pixels_of;

using Bytes = std::vector<std::uint8_t>;
using Numbers = std::vector<std::int32_t>;

constexpr std::size_t kImages = 4;
constexpr std::size_t kRows = 12;
constexpr std::size_t kColumns = 10;

/// A cell array of MATLAB's (1, N) that refers to `targets`, members of #refs#.
void add_cells(const std::string& path, const std::string& name, const std::vector<std::string>& targets) {
    const h5::Session session;
    const h5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
    std::vector<hobj_ref_t> references(targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
        H5Rcreate(&references[i], file.get(), ("#refs#/" + targets[i]).c_str(), H5R_OBJECT, -1);
    }
    const hsize_t shape[] = {1, targets.size()};
    const h5::Handle space(H5Screate_simple(2, shape, nullptr));
    const h5::Handle set(
        H5Dcreate2(file.get(), name.c_str(), H5T_STD_REF_OBJ, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dwrite(set.get(), H5T_STD_REF_OBJ, H5S_ALL, H5S_ALL, H5P_DEFAULT, references.data());
}

/// Image i: value(row, column, channel) = 60 i + 5 row + 7 column + channel, as MATLAB stores it: (channels, columns,
/// rows).
std::uint8_t value_of(std::size_t image, std::size_t row, std::size_t column, std::size_t channel) {
    return static_cast<std::uint8_t>(60 * image + 5 * row + 7 * column + channel);
}

Bytes stored(std::size_t image) {
    Bytes bytes;
    for (std::size_t channel = 0; channel < 3; ++channel) {
        for (std::size_t column = 0; column < kColumns; ++column) {
            for (std::size_t row = 0; row < kRows; ++row) {
                bytes.push_back(value_of(image, row, column, channel));
            }
        }
    }
    return bytes;
}

/// Names in #refs# sort in another order than cells count.
void write_cells(const std::string& path, const std::vector<std::u16string>& words, const std::string& kind) {
    const std::vector<std::string> places = {"d", "b", "c", "a"};
    {
        const Hdf5File file(path, 512);
        for (std::size_t i = 0; i < kImages; ++i) {
            file.add("#refs#/" + places[i], {3, kColumns, kRows}, stored(i));
            file.add("#refs#/w" + places[i], {words[i].size(), 1},
                     std::vector<std::uint16_t>(words[i].begin(), words[i].end()));
            file.add_text("#refs#/w" + places[i], "MATLAB_class", kind);
        }
    }
    add_cells(path, "photos", places);
    add_cells(path, "kind", {"wd", "wb", "wc", "wa"});
    std::fstream block(path, std::ios::in | std::ios::out | std::ios::binary);
    block << "MATLAB 7.3 MAT-file";
}

void expect_images(const Dataset& dataset) {
    EXPECT_EQ(dataset.info().size, static_cast<std::int64_t>(kImages));
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{kRows, kColumns, 3}));
    for (std::size_t image = 0; image < kImages; ++image) {
        const Bytes pixels = pixels_of(dataset, static_cast<std::int64_t>(image));
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            ASSERT_EQ(pixels[i], value_of(image, i / 3 / kColumns, i / 3 % kColumns, i % 3)) << image << ", " << i;
        }
    }
}

TEST(MatlabCells, AreReadInTheirOrderWithColumnsFirst) {
    const TemporaryFolder folder;
    write_cells(folder / "a.mat", {u"owl", u"ant", u"owl", u"ant"}, "char");
    const PrintedSection section = printed(folder / "a.mat");
    EXPECT_EQ(section.spec.images, "photos");
    EXPECT_EQ(section.spec.labels, "kind");
    const Dataset dataset = opened(section, "train");
    EXPECT_EQ(dataset.info().classes, (std::vector<std::string>{"ant", "owl"}));
    EXPECT_EQ(dataset.labels(), (Numbers{1, 0, 1, 0}));
    expect_images(dataset);
}

/// Other programs write MATLAB's cells into files that do not begin as its own do.
TEST(MatlabCells, AreColumnsFirstInFilesThatDoNotBeginAsMatlabs) {
    const TemporaryFolder folder;
    write_cells(folder / "a.mat", {u"owl", u"ant", u"owl", u"ant"}, "char");
    std::fstream(folder / "a.mat", std::ios::in | std::ios::out | std::ios::binary) << std::string(6, '\0');
    expect_images(opened(printed(folder / "a.mat"), "train"));
}

TEST(MatlabCells, HoldTextsOnlyWhereTheyAreCharacters) {
    const TemporaryFolder folder;
    DataSpec spec;
    spec.path = folder / "a.mat";
    spec.images = "photos";
    spec.labels = "kind";
    spec.index_cache = false;
    write_cells(spec.path, {u"\u0003", u"\u0004", u"\u0003", u"\u0004"}, "uint16");
    EXPECT_EQ(Dataset::open(spec, "train").labels(), (Numbers{3, 4, 3, 4}));
    write_cells(spec.path, {u"34", u"35", u"34", u"35"}, "uint16");
    const std::string message = message_of<DataError>([&] { Dataset::open(spec, "train"); });
    EXPECT_NE(message.find("is neither a text nor one number"), std::string::npos) << message;
}

TEST(MatlabCells, HoldCharactersOfTwoPartsAsUtf8) {
    const TemporaryFolder folder;
    DataSpec spec;
    spec.path = folder / "a.mat";
    spec.images = "photos";
    spec.labels = "kind";
    write_cells(spec.path, {u"\U0001F408", u"a\u00E9", u"\U0001F408", u"a\u00E9"}, "char");
    const Dataset dataset = Dataset::open(spec, "train");
    EXPECT_EQ(dataset.info().classes, (std::vector<std::string>{"a\xC3\xA9", "\xF0\x9F\x90\x88"}));
    EXPECT_EQ(dataset.labels(), (Numbers{1, 0, 1, 0}));
}

TEST(MatlabCells, ThatLeadNowhereAreRefused) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.mat");
        file.add("images", H5T_STD_REF_OBJ, {2}, std::vector<hobj_ref_t>{96, 12345}.data(), {});
    }
    DataSpec spec;
    spec.path = folder / "a.mat";
    const std::string message = message_of<DataError>([&] { Dataset::open(spec, "train"); });
    EXPECT_NE(message.find("leads to no member of the group #refs#"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::shards
