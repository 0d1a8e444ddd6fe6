// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/format/shard_index.hpp"
#include "pipeline/shards/index/index_bytes.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tacit::shards {
namespace {

using testing::counting;
using testing::Hdf5File;
using testing::Hdf5Storage;
using testing::pixels_of;

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kPixels = 12 * 10 * 3;

Bytes photo(int modulus) {
    return counting<std::uint8_t>(kPixels, modulus);
}

void add_photo(const Hdf5File& file, const std::string& name, int modulus, const Hdf5Storage& storage = {}) {
    file.add(name, {12, 10, 3}, photo(modulus), storage);
}

/// Opens a file that is there already, to put links into its groups.
h5::Handle opened_again(const std::string& path) {
    return h5::Handle(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
}

void link_out(const std::string& path, const char* name, const char* file, const char* target) {
    H5Lcreate_external(file, target, opened_again(path).get(), name, H5P_DEFAULT, H5P_DEFAULT);
}

void link_within(const std::string& path, const char* name, const char* target) {
    H5Lcreate_soft(target, opened_again(path).get(), name, H5P_DEFAULT, H5P_DEFAULT);
}

DataSpec spec_of(const std::string& path) {
    DataSpec spec;
    spec.path = path;
    spec.images = "images";
    return spec;
}

std::string refusal(const DataSpec& spec) {
    return message_of<DataError>([&] { Dataset::open(spec, "train"); });
}

/// `in/l.h5` with images 1, 2 and 3, of which 2 is in `out/o.h5`, where other bytes stand at its address.
DataSpec write_across(const TemporaryFolder& folder, const Hdf5Storage& storage = {}) {
    std::filesystem::create_directories(folder / "in");
    std::filesystem::create_directories(folder / "out");
    add_photo(Hdf5File(folder / "out/o.h5"), "x", 102, storage);
    {
        const Hdf5File file(folder / "in/l.h5");
        add_photo(file, "images/1", 101);
        add_photo(file, "images/3", 103);
    }
    link_out(folder / "in/l.h5", "images/2", "../out/o.h5", "x");
    return spec_of(folder / "in/l.h5");
}

TEST(GroupLinks, OutOfTheFolderAreRefused) {
    const TemporaryFolder folder;
    const std::string message = refusal(write_across(folder));
    EXPECT_NE(message.find("in/l.h5: images/2: "), std::string::npos) << message;
    EXPECT_NE(message.find("data.roots"), std::string::npos) << message;
}

TEST(GroupLinks, ImagesAreReadFromTheFileThatTheyAreIn) {
    for (const Hdf5Storage& storage : {Hdf5Storage{}, Hdf5Storage{{5, 10, 2}, 4, H5I_INVALID_HID}}) {
        const TemporaryFolder folder;
        DataSpec spec = write_across(folder, storage);
        spec.roots = {folder / "out"};
        const FileIndex index = index_file(spec.path, spec, "train");
        EXPECT_EQ(index.parts.size(), 3U);
        EXPECT_EQ(index.reached, std::vector<std::string>{std::filesystem::canonical(folder / "out/o.h5")});
        EXPECT_NO_THROW(check_index(index));
        const Dataset dataset = Dataset::open(spec, "train");
        ASSERT_EQ(dataset.info().size, 3);
        for (int image = 0; image < 3; ++image) {
            EXPECT_EQ(pixels_of(dataset, image), photo(101 + image));
        }
        testing::expect_blocks_equal_reads(dataset);
        EXPECT_NE(dataset.name(1).find("out/o.h5: "), std::string::npos) << dataset.name(1);
    }
}

TEST(GroupLinks, ImagesOfOneOtherFileAreOnePart) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "o.h5");
        add_photo(file, "x", 101);
        add_photo(file, "y", 102);
        Hdf5File(folder / "l.h5").add("images/0", {12, 10, 3}, photo(100));
    }
    link_out(folder / "l.h5", "images/1", "o.h5", "x");
    link_out(folder / "l.h5", "images/2", "o.h5", "y");
    const FileIndex index = index_file(folder / "l.h5", spec_of(folder / "l.h5"), "train");
    ASSERT_EQ(index.parts.size(), 2U);
    EXPECT_EQ(index.parts[1].count, 2);
    EXPECT_EQ(index.parts[1].first_row, 1);
    EXPECT_EQ(index.reached.size(), 1U);
}

TEST(GroupLinks, WithinTheFileLeadToOneMoreImageOfThePart) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "l.h5");
        add_photo(file, "images/0", 100);
        add_photo(file, "elsewhere", 101);
    }
    link_within(folder / "l.h5", "images/1", "/elsewhere");
    const Dataset dataset = Dataset::open(spec_of(folder / "l.h5"), "train");
    ASSERT_EQ(dataset.info().size, 2);
    EXPECT_EQ(pixels_of(dataset, 1), photo(101));
}

TEST(GroupLinks, MayBeClasses) {
    const TemporaryFolder folder;
    {
        const Hdf5File cats(folder / "cats.h5");
        add_photo(cats, "all/0", 101);
        add_photo(cats, "all/1", 102);
        add_photo(Hdf5File(folder / "l.h5"), "images/dog/0", 103);
    }
    link_out(folder / "l.h5", "images/cat", "cats.h5", "all");
    const Dataset dataset = Dataset::open(spec_of(folder / "l.h5"), "train");
    EXPECT_EQ(dataset.info().classes, (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(dataset.labels(), (std::vector<std::int32_t>{0, 0, 1}));
    EXPECT_EQ(pixels_of(dataset, 1), photo(102));
    EXPECT_EQ(pixels_of(dataset, 2), photo(103));
}

TEST(GroupLinks, ThatLeadNowhereAreRefused) {
    const TemporaryFolder folder;
    add_photo(Hdf5File(folder / "l.h5"), "images/0", 100);
    link_within(folder / "l.h5", "images/1", "/gone");
    const std::string message = refusal(spec_of(folder / "l.h5"));
    EXPECT_NE(message.find("images/1: "), std::string::npos) << message;
    EXPECT_NE(message.find("/gone: there is no such object"), std::string::npos) << message;
}

TEST(GroupLinks, InCirclesAreRefused) {
    const TemporaryFolder folder;
    add_photo(Hdf5File(folder / "l.h5"), "images/0", 100);
    link_within(folder / "l.h5", "images/1", "/images/2");
    link_within(folder / "l.h5", "images/2", "/images/1");
    EXPECT_NE(refusal(spec_of(folder / "l.h5")).find("links one after the other"), std::string::npos);
}

TEST(GroupLinks, ToTheirOwnGroupAreRefused) {
    const TemporaryFolder folder;
    add_photo(Hdf5File(folder / "l.h5"), "images/0", 100);
    link_within(folder / "l.h5", "images/1", "/images");
    EXPECT_NE(refusal(spec_of(folder / "l.h5")).find("is a group inside of class '1'"), std::string::npos);
}

TEST(GroupLinks, ColourOfAnImageInAnotherFileIsSeen) {
    const TemporaryFolder folder;
    const Bytes gray = testing::make_png({8, 8, 1}, 1);
    const Bytes colour = testing::make_png({8, 8, 3}, 2);
    Hdf5File(folder / "l.h5").add("images/0", {gray.size()}, gray);
    Hdf5File(folder / "o.h5").add("x", {colour.size()}, colour);
    link_out(folder / "l.h5", "images/1", "o.h5", "x");
    EXPECT_EQ(Dataset::open(spec_of(folder / "l.h5"), "train").info().shape.channels, 3);
}

TEST(GroupLinks, InspectLeavesTheAxesOfLinkedImagesToTheReader) {
    const TemporaryFolder folder;
    add_photo(Hdf5File(folder / "o.h5"), "x", 101, {{5, 10, 2}, 4, H5I_INVALID_HID});
    add_photo(Hdf5File(folder / "l.h5"), "images/1", 102);
    link_out(folder / "l.h5", "images/0", "o.h5", "x");
    const PrintedSection section = printed(folder / "l.h5");
    EXPECT_EQ(section.spec.axes, "");
    EXPECT_EQ(opened(section, "train").info().size, 2);
}

TEST(GroupImages, KeptInFilesWithoutAFormatAreRefused) {
    const TemporaryFolder folder;
    std::ofstream(folder / "raw.bin") << std::string(kPixels, 'x');
    add_photo(Hdf5File(folder / "a.h5"), "images/0", 100);
    {
        const h5::Handle file = opened_again(folder / "a.h5");
        const std::vector<hsize_t> dims{12, 10, 3};
        const h5::Handle space(H5Screate_simple(3, dims.data(), nullptr));
        const h5::Handle creation(H5Pcreate(H5P_DATASET_CREATE));
        H5Pset_external(creation.get(), "raw.bin", 0, kPixels);
        const h5::Handle made(
            H5Dcreate2(file.get(), "images/1", H5T_STD_U8LE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT));
    }
    const std::string message = refusal(spec_of(folder / "a.h5"));
    EXPECT_NE(message.find("images/1: holds no data in this file"), std::string::npos) << message;
}

TEST(GroupImages, OfVirtualDataSetsAreRefused) {
    const TemporaryFolder folder;
    add_photo(Hdf5File(folder / "a.h5"), "images/0", 100);
    {
        const h5::Handle file = opened_again(folder / "a.h5");
        const std::vector<hsize_t> dims{12, 10, 3};
        const h5::Handle space(H5Screate_simple(3, dims.data(), nullptr));
        const h5::Handle creation(H5Pcreate(H5P_DATASET_CREATE));
        H5Pset_virtual(creation.get(), space.get(), "/etc/secret.h5", "x", space.get());
        const h5::Handle made(
            H5Dcreate2(file.get(), "images/1", H5T_STD_U8LE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT));
    }
    const std::string message = refusal(spec_of(folder / "a.h5"));
    EXPECT_NE(message.find("images/1: is one image that only libhdf5 reads (a virtual data set)"), std::string::npos)
        << message;
}

} // namespace
} // namespace tacit::shards
