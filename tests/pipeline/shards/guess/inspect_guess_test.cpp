// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/inspect.hpp"
#include "pipeline/shards/splits/data_splits.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace tacit::shards {
namespace {

using testing::counting;
using testing::Hdf5File;

using Bytes = std::vector<std::uint8_t>;

/// Images of `shape` with ten labels.
PrintedSection section_of(const std::string& path, const std::vector<hsize_t>& shape) {
    {
        const Hdf5File file(path);
        add<std::uint8_t>(file, "X", shape, 251);
        add<double>(file, "y", {10}, 10);
    }
    return printed(path);
}

TEST(InspectGuess, LabelsTellThatTheLastDimensionCountsImages) {
    const TemporaryFolder folder;
    PrintedSection section = section_of(folder / "a.h5", {16, 14, 3, 10});
    EXPECT_EQ(section.spec.axes, "HWCN");
    const Dataset dataset = opened(section, "train");
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{16, 14, 3}));
    EXPECT_EQ(dataset.info().classes.size(), 10U);
    EXPECT_EQ(section_of(folder / "b.h5", {3, 16, 14, 10}).spec.axes, "CHWN");
    EXPECT_EQ(section_of(folder / "c.h5", {16, 14, 10}).spec.axes, "HWN");
}

TEST(InspectGuess, WordsForSplitsInNamesOfAFolderAreSplits) {
    const TemporaryFolder folder;
    for (const char* name : {"c_split_testing_x.h5", "c_split_training_x.h5", "c_split_validation_x.h5"}) {
        const Hdf5File file(folder / name);
        add<std::uint8_t>(file, "x", {4, 16, 14, 3}, 251);
    }
    const PrintedSection section = printed(folder.path());
    EXPECT_EQ(section.spec.path, folder / "c_split_{split}_x.h5");
    EXPECT_EQ(section.train, "training");
    EXPECT_EQ(section.test, "testing");
    EXPECT_EQ(splits_of(section.spec), (std::vector<std::string>{"training", "validation", "testing"}));
}

TEST(InspectGuess, LabelsTellThatAPhotoIsAStack) {
    const TemporaryFolder folder;
    EXPECT_EQ(section_of(folder / "a.h5", {10, 14, 3}).spec.axes, "NHW");
}

TEST(InspectGuess, LabelsOfMatlabFilesHaveColumnsFirst) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.mat", 512);
        add<std::uint8_t>(file, "X", {3, 16, 14, 10}, 251);
        add<double>(file, "y", {1, 10}, 10);
    }
    std::fstream block(folder / "a.mat", std::ios::in | std::ios::out | std::ios::binary);
    block << "MATLAB 7.3 MAT-file";
    block.close();
    EXPECT_EQ(printed(folder / "a.mat").spec.axes, "CWHN");
}

TEST(InspectGuess, NamesOtherLabels) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {6, 8, 8, 3}, 251);
        add<std::int64_t>(file, "labels", {6}, 6);
        add<std::int64_t>(file, "coarse_labels", {6}, 2);
        add<std::int64_t>(file, "label_counts", {2}, 2);
        add<double>(file, "ra", {6}, 6, 0.1);
    }
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    ASSERT_EQ(found.notes.size(), 1U);
    EXPECT_EQ(found.notes[0], "other labels that data.labels may name: 'coarse_labels' (2 classes)");
}

TEST(InspectGuess, NamesLabelsOfAGroup) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {6, 8, 8, 3}, 251);
        add<std::int64_t>(file, "labels/shape", {6}, 6);
    }
    DataSpec spec;
    spec.path = folder / "a.h5";
    EXPECT_TRUE(Dataset::open(spec, "train").info().classes.empty());
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    EXPECT_TRUE(mentions(found.notes, "other labels that data.labels may name: 'labels/shape' (6 classes)"));
    EXPECT_EQ(parsed(found.data_section).spec.labels, "none");
}

TEST(InspectGuess, LabelsOfOtherSplitsAreTaken) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        for (const char* split : {"train", "test"}) {
            add<std::uint8_t>(file, "x_" + std::string(split), {6, 9, 9}, 251);
            add<std::uint8_t>(file, "y_" + std::string(split), {6}, 3);
        }
    }
    EXPECT_FALSE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes, "other labels"));
}

TEST(InspectGuess, PrintsNoSectionForImagesThatCannotBeRead) {
    const TemporaryFolder folder;
    testing::write_foreign(folder / "a.h5",
                           {"images", Element::u8, false, {4, 8, 8, 3}, {1, 8, 8, 3}, true, false, {}});
    Bytes bytes = testing::read_bytes(folder / "a.h5");
    std::fill(bytes.begin() + 2048, bytes.end(), std::uint8_t{0xff}); // the chunks, after what is found in the file
    testing::write_bytes(folder / "a.h5", bytes);
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    EXPECT_TRUE(found.data_section.empty()) << found.data_section;
    EXPECT_NE(found.guess.find("the images that were tried cannot be read"), std::string::npos) << found.guess;
}

TEST(InspectGuess, NotesDamageOfSomeImages) {
    const TemporaryFolder folder;
    const Bytes png = testing::make_png({8, 8, 3}, 1);
    {
        const Hdf5File file(folder / "a.h5");
        file.add("photos/0", {9}, Bytes(9, 7));
        for (const char* name : {"photos/1", "photos/2"}) {
            file.add(name, {std::size_t{1} << 20}, [&] {
                Bytes padded = png;
                padded.resize(std::size_t{1} << 20);
                return padded;
            }());
        }
    }
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    EXPECT_FALSE(found.data_section.empty());
    EXPECT_TRUE(mentions(found.notes, "is neither JPEG nor PNG; restore the file"));
    EXPECT_TRUE(mentions(found.notes, "; `tacit data verify"));
}

TEST(InspectGuess, BoolsAreBlackAndWhite) {
    const TemporaryFolder folder;
    h5::Handle type(H5Tenum_create(H5T_STD_I8LE));
    for (const auto& [name, value] : {std::pair<const char*, std::int8_t>{"FALSE", 0}, {"TRUE", 1}}) {
        H5Tenum_insert(type.get(), name, &value);
    }
    const Bytes values = counting<std::uint8_t>(3 * 9 * 9, 2);
    {
        const Hdf5File file(folder / "stack.h5");
        file.add("images", type.get(), {3, 9, 9}, values.data(), {});
        const Hdf5File group(folder / "group.h5");
        group.add("masks/0", type.get(), {9, 9}, values.data(), {});
        group.add("masks/1", type.get(), {9, 9}, values.data(), {});
    }
    for (const char* name : {"stack.h5", "group.h5"}) {
        const Dataset dataset = opened(printed(folder / name), "train");
        EXPECT_EQ(dataset.info().value_range, (std::vector<double>{0, 1})) << name;
        SampleBuffer buffer;
        EXPECT_EQ(dataset.read(0, buffer).data[1], 255) << name;
    }
}

TEST(InspectGuess, FileOfANewerHdf5IsRefusedWithAdvice) {
    const TemporaryFolder folder;
    const std::string path = folder / "a.h5";
    add<std::uint8_t>(Hdf5File(path), "images", {4, 8, 8, 3}, 251);
    Bytes bytes = testing::read_bytes(path);
    bytes.at(8) = 9; // the superblock's version
    testing::write_bytes(folder / "superblock.h5", bytes);
    bytes.at(8) = 0;
    const std::size_t layout = testing::place_of(path, {8, 0, 24, 0, 0, 0, 0, 0, 3, 1}); // its message, contiguous
    bytes.at(layout + 8) = 5;
    testing::write_bytes(folder / "layout.h5", bytes);
    const std::string advice = "copy its arrays with h5py into a file opened with libver=('earliest', 'v110')";
    const std::string refusal = message_of<DataError>([&] { inspect(folder / "superblock.h5", kWithoutMeasuring); });
    EXPECT_NE(refusal.find(advice), std::string::npos) << refusal;
    const Inspection found = inspect(folder / "layout.h5", kWithoutMeasuring);
    EXPECT_NE(found.guess.find(advice), std::string::npos) << found.guess;
    EXPECT_TRUE(mentions(found.lines, advice));
    EXPECT_TRUE(found.data_section.empty());
}

} // namespace
} // namespace tacit::shards
