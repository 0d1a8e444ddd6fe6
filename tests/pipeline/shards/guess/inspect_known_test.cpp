// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/inspect.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace tacit::shards {
namespace {

using testing::Hdf5File;

using Doubles = std::vector<double>;

TEST(InspectKnown, PcamHasItsLabelsAndSplitsInOtherFiles) {
    const TemporaryFolder folder;
    hsize_t images = 4; // other numbers of images and other labels in each split
    for (const char* split : {"train", "valid", "test"}) {
        const std::string stem = folder / ("camelyonpatch_level_2_split_" + std::string(split));
        images += 2;
        add<std::uint8_t>(Hdf5File(stem + "_x.h5"), "x", {images, 12, 12, 3}, 251);
        add<std::uint8_t>(Hdf5File(stem + "_y.h5"), "y", {images, 1, 1, 1}, static_cast<int>(images) - 4);
    }
    const PrintedSection section = printed(folder / "camelyonpatch_level_2_split_valid_x.h5");
    EXPECT_EQ(section.spec.path, folder / "camelyonpatch_level_2_split_{split}_x.h5");
    EXPECT_EQ(section.spec.labels, "camelyonpatch_level_2_split_{split}_y.h5:y");
    EXPECT_EQ(section.train, "train");
    EXPECT_EQ(section.test, "test");
    EXPECT_EQ(opened(section, section.train).labels(), (std::vector<std::int32_t>{0, 1, 0, 1, 0, 1}));
    EXPECT_EQ(opened(section, section.test).labels(), (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 0, 1, 2, 3}));
}

TEST(InspectKnown, FileOfPcamAloneStandsForItself) {
    const TemporaryFolder folder;
    add<std::uint8_t>(Hdf5File(folder / "split_test_x.h5"), "x", {6, 12, 12, 3}, 251);
    add<std::uint8_t>(Hdf5File(folder / "split_test_y.h5"), "y", {6, 1, 1, 1}, 2);
    const PrintedSection section = printed(folder / "split_test_x.h5");
    EXPECT_EQ(section.spec.path, folder / "split_test_x.h5");
    EXPECT_EQ(opened(section, section.train).info().classes.size(), 2U);
}

TEST(InspectKnown, Galaxy10HasItsAnswersBesideTheImages) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "Galaxy10_DECals.h5");
        add<std::uint8_t>(file, "images", {10, 16, 16, 3}, 251);
        add<std::uint8_t>(file, "ans", {10}, 10);
        add<double>(file, "ra", {10}, 10, 0.1);
    }
    const Dataset dataset = opened(printed(folder / "Galaxy10_DECals.h5"), "train");
    EXPECT_EQ(dataset.info().classes.size(), 10U);
    EXPECT_EQ(dataset.info().channels, 3);
}

TEST(InspectKnown, EuroSatLikeHasThirteenBandsOfFewBits) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "eurosat.h5");
        add<std::uint16_t>(file, "images", {8, 16, 16, 13}, 3900);
        add<std::int64_t>(file, "labels", {8}, 4);
    }
    const PrintedSection section = printed(folder / "eurosat.h5");
    EXPECT_EQ(section.spec.range, (std::vector<double>{0, 4095}));
    const Dataset dataset = opened(section, "train");
    EXPECT_EQ(dataset.info().channels, 13);
    EXPECT_EQ(dataset.info().classes.size(), 4U);
}

TEST(InspectKnown, So2SatHasFloatsAndOneHotLabels) {
    const TemporaryFolder folder;
    for (const char* name : {"training.h5", "testing.h5"}) {
        const Hdf5File file(folder / name);
        add<double>(file, "sen1", {4, 12, 12, 8}, 7, 0.1);
        add<double>(file, "sen2", {4, 12, 12, 10}, 29, 0.1);
        Doubles one_hot(4 * 17, 0);
        for (std::size_t i = 0; i < 4; ++i) {
            one_hot[i * 17 + i] = 1;
        }
        file.add("label", {4, 17}, one_hot);
    }
    const PrintedSection section = printed(folder / "training.h5");
    EXPECT_EQ(section.train, "training");
    EXPECT_EQ(section.test, "testing");
    EXPECT_EQ(section.spec.range.at(0), 0);
    EXPECT_NEAR(section.spec.range.at(1), 2.8, 0.03);
    const Dataset dataset = opened(section, section.train);
    EXPECT_EQ(dataset.info().channels, 10);
    EXPECT_EQ(dataset.info().classes.size(), 17U);
}

TEST(InspectKnown, CalorimeterHasEnergiesAndNoClasses) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "EleEscan_1_1.h5");
        add<float>(file, "ECAL", {5, 25, 25, 25}, 97, 0.01);
        add<float>(file, "target", {5, 2}, 10, 10.7);
    }
    const Inspection found = inspect(folder / "EleEscan_1_1.h5", kWithoutMeasuring);
    EXPECT_TRUE(
        mentions(found.notes, "EleEscan_1_1.h5: target: row 0 of 2 columns is neither one class number nor one-hot"));
    const PrintedSection section = parsed(found.data_section);
    EXPECT_EQ(section.spec.labels, "none");
    EXPECT_EQ(opened(section, "train").info().channels, 25);
}

TEST(InspectKnown, CaloGanNamesTheOtherLayers) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "eplus.hdf5");
        add<float>(file, "layer_0", {5, 3, 96}, 97);
        add<float>(file, "layer_1", {5, 12, 12}, 97);
        add<float>(file, "layer_2", {5, 12, 6}, 97);
        add<float>(file, "energy", {5, 1}, 5, 1.5);
    }
    const Inspection found = inspect(folder / "eplus.hdf5", kWithoutMeasuring);
    EXPECT_TRUE(mentions(found.notes, "'layer_1' (5, 12, 12)"));
    const PrintedSection section = parsed(found.data_section);
    EXPECT_EQ(section.spec.images, "layer_0");
    EXPECT_EQ(opened(section, "train").info().shape, (augment::ImageShape{3, 96, 1}));
}

TEST(InspectKnown, MatlabFileHasItsDimensionsReversed) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "nyu_depth_v2_labeled.mat", 512);
        add<std::uint8_t>(file, "images", {4, 3, 20, 16}, 251);
        add<float>(file, "depths", {4, 20, 16}, 7);
    }
    std::fstream block(folder / "nyu_depth_v2_labeled.mat", std::ios::in | std::ios::out | std::ios::binary);
    block << "MATLAB 7.3 MAT-file";
    block.close();
    const PrintedSection section = printed(folder / "nyu_depth_v2_labeled.mat");
    EXPECT_EQ(section.spec.axes, "NCWH");
    EXPECT_EQ(opened(section, "train").info().shape, (augment::ImageShape{16, 20, 3}));
}

TEST(InspectKnown, KerasLikeNamesTellTheSplits) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "mnist.h5");
        for (const char* split : {"train", "test"}) {
            add<std::uint8_t>(file, "x_" + std::string(split), {6, 9, 9}, 251);
            add<std::uint8_t>(file, "y_" + std::string(split), {6}, 3);
        }
    }
    const PrintedSection section = printed(folder / "mnist.h5");
    EXPECT_EQ(section.train, "train");
    EXPECT_EQ(section.test, "test");
    EXPECT_EQ(opened(section, "test").info().classes.size(), 3U);
}

TEST(InspectKnown, CourseraLikeNamesTellTheSplits) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "catvnoncat.h5");
        for (const char* split : {"train", "test"}) {
            add<std::uint8_t>(file, std::string(split) + "_set_x", {6, 9, 9, 3}, 251);
            add<std::int64_t>(file, std::string(split) + "_set_y", {6}, 2);
        }
    }
    EXPECT_EQ(opened(printed(folder / "catvnoncat.h5"), "test").info().classes.size(), 2U);
}

TEST(InspectKnown, CaptionDataHasChannelsFirstAndSplitsInCapitals) {
    const TemporaryFolder folder;
    for (const char* split : {"TRAIN", "VAL"}) {
        const Hdf5File file(folder / (std::string(split) + "_IMAGES_coco_5_cap_per_img.hdf5"));
        add<std::uint8_t>(file, "images", {4, 3, 16, 16}, 251);
        file.add_number("/", "captions_per_image", 5);
    }
    const PrintedSection section = printed(folder / "TRAIN_IMAGES_coco_5_cap_per_img.hdf5");
    EXPECT_EQ(section.spec.axes, "NCHW");
    EXPECT_EQ(section.train, "TRAIN");
    EXPECT_EQ(section.test, "VAL");
    EXPECT_EQ(opened(section, "VAL").info().shape, (augment::ImageShape{16, 16, 3}));
}

TEST(InspectKnown, FactorsOfThreeDShapesAreNoClasses) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "3dshapes.h5");
        add<std::uint8_t>(file, "images", {6, 16, 16, 3}, 251);
        add<double>(file, "labels", {6, 6}, 10, 0.1);
    }
    const PrintedSection section = printed(folder / "3dshapes.h5");
    EXPECT_EQ(section.spec.labels, "none");
    EXPECT_TRUE(opened(section, "train").info().classes.empty());
}

TEST(InspectKnown, CremiVolumeIsAStackOfSlices) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "sample_A_20160501.hdf");
        add<std::uint8_t>(file, "volumes/raw", {5, 20, 24}, 251);
        add<std::int64_t>(file, "volumes/labels/neuron_ids", {5, 20, 24}, 1000);
    }
    EXPECT_EQ(opened(printed(folder / "sample_A_20160501.hdf"), "train").info().shape,
              (augment::ImageShape{20, 24, 1}));
}

TEST(InspectKnown, FastMriTellsItsLargestValue) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "file1000001.h5");
        add<float>(file, "reconstruction_rss", {4, 20, 20}, 97, 1e-6);
        file.add_number("/", "max", 0.00025);
        file.add_text("/", "acquisition", "CORPDFS_FBK");
    }
    const PrintedSection section = printed(folder / "file1000001.h5");
    EXPECT_EQ(section.spec.range, (std::vector<double>{0, 0.00025}));
    EXPECT_EQ(opened(section, "train").info().size, 4);
}

TEST(InspectKnown, SingleCoilFastMriIsFoundToo) {
    const TemporaryFolder folder;
    add<float>(Hdf5File(folder / "file1000002.h5"), "reconstruction_esc", {4, 20, 20}, 97, 1e-6);
    EXPECT_EQ(opened(printed(folder / "file1000002.h5"), "train").info().size, 4);
}

TEST(InspectKnown, DeepCamFileIsOneImage) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "data-2000-01-01-00-0.h5");
        add<float>(file, "climate/data", {20, 30, 16}, 97);
        add<float>(file, "climate/labels_0", {20, 30}, 3);
    }
    const PrintedSection section = printed(folder / "data-2000-01-01-00-0.h5");
    EXPECT_EQ(section.spec.axes, "HWC");
    const Dataset dataset = opened(section, "train");
    EXPECT_EQ(dataset.info().size, 1);
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{20, 30, 16}));
}

TEST(InspectKnown, ScansOfPy4DstemHaveTwoDimensionsOfImages) {
    const TemporaryFolder folder;
    add<std::uint16_t>(Hdf5File(folder / "scan.h5"), "datacube_root/datacube/data", {5, 7, 16, 16}, 60000);
    const PrintedSection section = printed(folder / "scan.h5");
    EXPECT_EQ(section.spec.axes, "NNHW");
    EXPECT_EQ(opened(section, "train").info().size, 35);
}

TEST(InspectKnown, ScansOfHyperSpyHaveTwoDimensionsOfImages) {
    const TemporaryFolder folder;
    add<std::uint16_t>(Hdf5File(folder / "scan.hspy"), "Experiments/__unnamed__/data", {5, 7, 16, 16}, 60000);
    EXPECT_EQ(printed(folder / "scan.hspy").spec.axes, "NNHW");
}

TEST(InspectKnown, ScansOfEmdFilesAreKnownByTheirGroupsAttribute) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "scan.emd");
        add<std::uint16_t>(file, "experiment/run/data", {5, 7, 16, 16}, 60000);
        file.add_number("experiment/run", "emd_group_type", 1);
    }
    EXPECT_EQ(printed(folder / "scan.emd").spec.axes, "NNHW");
}

TEST(KnownNames, WhatIsReadOnlyWhereItIsNamedGetsARemedy) {
    const TemporaryFolder folder;
    const auto said_of = [&](const std::string& name) {
        DataSpec spec;
        spec.path = folder / name;
        return message_of<DataError>([&] { Dataset::open(spec, "train"); });
    };
    {
        const testing::Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "frame", {16, 20}, 251);
        const testing::Hdf5File known(folder / "b.h5");
        add<std::uint8_t>(known, "data", {16, 20}, 251);
        const h5::Handle type(H5Tcreate(H5T_COMPOUND, 2));
        H5Tinsert(type.get(), "image", 0, H5T_NATIVE_UINT8);
        H5Tinsert(type.get(), "label", 1, H5T_NATIVE_UINT8);
        const std::vector<std::uint8_t> rows(8, 1);
        testing::Hdf5File(folder / "c.h5").add("samples", type.get(), {4}, rows.data(), {});
        testing::Hdf5File(folder / "d.h5").add("data", type.get(), {4}, rows.data(), {});
    }
    EXPECT_NE(said_of("a.h5").find("if 'frame' (16, 20) is one gray image, say data.images: frame and data.axes: HW"),
              std::string::npos)
        << said_of("a.h5");
    EXPECT_NE(said_of("b.h5").find("if it is one gray image, say data.axes: HW"), std::string::npos) << said_of("b.h5");
    const std::string table =
        "is a table with the fields 'image', 'label'; write those that are meant into data sets of "
        "their own, the images as (N, H, W) or (N, H, W, C)";
    EXPECT_NE(said_of("c.h5").find("'samples' " + table), std::string::npos) << said_of("c.h5");
    EXPECT_NE(said_of("d.h5").find("data: " + table), std::string::npos) << said_of("d.h5");
}

TEST(KnownNames, InAGroupOfAUsualNameAreFound) {
    const TemporaryFolder folder;
    {
        const testing::Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "data/images", {12, 9, 9, 3}, 251);
        add<std::int64_t>(file, "data/labels", {12}, 4);
        const testing::Hdf5File groups(folder / "b.h5");
        for (int i = 0; i < 12; ++i) {
            add<std::uint8_t>(groups, "data/images/img_" + std::to_string(i), {9, 9, 3}, 251);
        }
        add<std::int64_t>(groups, "data/labels", {12}, 4);
        const testing::Hdf5File alone(folder / "c.h5");
        add<std::uint8_t>(alone, "data/x", {12, 9, 9, 3}, 251);
        const testing::Hdf5File letters(folder / "d.h5"); // classes, by letters
        for (const char* letter : {"x", "y", "z"}) {
            add<std::uint8_t>(letters, std::string("images/") + letter + "/0", {9, 9, 3}, 251);
            add<std::uint8_t>(letters, std::string("images/") + letter + "/1", {9, 9, 3}, 251);
        }
    }
    for (const char* name : {"a.h5", "b.h5"}) {
        DataSpec spec;
        spec.path = folder / name;
        const Dataset dataset = Dataset::open(spec, "train");
        EXPECT_EQ(dataset.labels(), (std::vector<std::int32_t>{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3})) << name;
        EXPECT_EQ(opened(printed(folder / name), "train").labels(), dataset.labels()) << name;
        EXPECT_FALSE(mentions(inspect(folder / name, kWithoutMeasuring).notes, "not taken")) << name;
    }
    DataSpec spec;
    spec.path = folder / "c.h5";
    EXPECT_EQ(Dataset::open(spec, "train").info().size, 12);
    spec.path = folder / "d.h5";
    EXPECT_EQ(Dataset::open(spec, "train").info().classes, (std::vector<std::string>{"x", "y", "z"}));
}

} // namespace
} // namespace tacit::shards
