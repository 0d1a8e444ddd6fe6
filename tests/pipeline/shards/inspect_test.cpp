// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/inspect.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/shards/dataset.hpp"
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
using testing::message_of;

using Bytes = std::vector<std::uint8_t>;
using Shorts = std::vector<std::uint16_t>;
using Floats = std::vector<float>;
using Doubles = std::vector<double>;
using Integers = std::vector<std::int64_t>;

constexpr InspectOptions kWithoutMeasuring{0};

/// What a printed section says, read as a config is.
struct Section {
    DataSpec spec;
    std::string train;
    std::string test;
};

Section parsed(const std::string& text) {
    config::Document document = config::Document::from_text(text, "printed");
    const config::Section data = document.root().section("data");
    Section section;
    section.spec.path = data.required_text("path");
    section.spec.images = data.text("images", "");
    section.spec.labels = data.text("labels", "");
    section.spec.axes = data.text("axes", "");
    section.spec.range = data.numbers("range", {});
    section.train = data.text("train", "");
    section.test = data.text("test", "");
    document.finish();
    return section;
}

/// Opens a split by the section that inspect() prints, and reads every image.
Dataset opened(const Section& section, const std::string& split) {
    Dataset dataset = Dataset::open(section.spec, split);
    SampleBuffer buffer;
    for (std::int64_t i = 0; i < dataset.info().size; ++i) {
        dataset.read(i, buffer);
    }
    return dataset;
}

Section printed(const std::string& path) {
    const Inspection found = inspect(path, kWithoutMeasuring);
    EXPECT_FALSE(found.data_section.empty()) << found.guess;
    return parsed(found.data_section);
}

bool mentions(const std::vector<std::string>& lines, const std::string& text) {
    for (const std::string& line : lines) {
        if (line.find(text) != std::string::npos) {
            return true;
        }
    }
    return false;
}

std::size_t product(const std::vector<hsize_t>& shape) {
    std::size_t count = 1;
    for (const hsize_t extent : shape) {
        count *= extent;
    }
    return count;
}

template <class T>
void add(const Hdf5File& file, const std::string& name, const std::vector<hsize_t>& shape, int modulus,
         double scale = 1) {
    file.add(name, shape, counting<T>(product(shape), modulus, scale));
}

TEST(Inspect, PcamHasItsLabelsAndSplitsInOtherFiles) {
    const TemporaryFolder folder;
    hsize_t images = 4; // other numbers of images and other labels in each split
    for (const char* split : {"train", "valid", "test"}) {
        const std::string stem = folder / ("camelyonpatch_level_2_split_" + std::string(split));
        images += 2;
        add<std::uint8_t>(Hdf5File(stem + "_x.h5"), "x", {images, 12, 12, 3}, 251);
        add<std::uint8_t>(Hdf5File(stem + "_y.h5"), "y", {images, 1, 1, 1}, static_cast<int>(images) - 4);
    }
    const Section section = printed(folder / "camelyonpatch_level_2_split_valid_x.h5");
    EXPECT_EQ(section.spec.path, folder / "camelyonpatch_level_2_split_{split}_x.h5");
    EXPECT_EQ(section.spec.labels, "camelyonpatch_level_2_split_{split}_y.h5:y");
    EXPECT_EQ(section.train, "train");
    EXPECT_EQ(section.test, "test");
    EXPECT_EQ(opened(section, section.train).labels(), (std::vector<std::int32_t>{0, 1, 0, 1, 0, 1}));
    EXPECT_EQ(opened(section, section.test).labels(), (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 0, 1, 2, 3}));
}

TEST(Inspect, FileOfPcamAloneStandsForItself) {
    const TemporaryFolder folder;
    add<std::uint8_t>(Hdf5File(folder / "split_test_x.h5"), "x", {6, 12, 12, 3}, 251);
    add<std::uint8_t>(Hdf5File(folder / "split_test_y.h5"), "y", {6, 1, 1, 1}, 2);
    const Section section = printed(folder / "split_test_x.h5");
    EXPECT_EQ(section.spec.path, folder / "split_test_x.h5");
    EXPECT_EQ(opened(section, section.train).info().classes.size(), 2U);
}

TEST(Inspect, Galaxy10HasItsAnswersBesideTheImages) {
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

TEST(Inspect, EuroSatLikeHasThirteenBandsOfFewBits) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "eurosat.h5");
        add<std::uint16_t>(file, "images", {8, 16, 16, 13}, 3900);
        add<std::int64_t>(file, "labels", {8}, 4);
    }
    const Section section = printed(folder / "eurosat.h5");
    EXPECT_EQ(section.spec.range, (std::vector<double>{0, 4095}));
    const Dataset dataset = opened(section, "train");
    EXPECT_EQ(dataset.info().channels, 13);
    EXPECT_EQ(dataset.info().classes.size(), 4U);
}

TEST(Inspect, So2SatHasFloatsAndOneHotLabels) {
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
    const Section section = printed(folder / "training.h5");
    EXPECT_EQ(section.train, "training");
    EXPECT_EQ(section.test, "testing");
    EXPECT_EQ(section.spec.range.at(0), 0);
    EXPECT_NEAR(section.spec.range.at(1), 2.8, 0.03);
    const Dataset dataset = opened(section, section.train);
    EXPECT_EQ(dataset.info().channels, 10);
    EXPECT_EQ(dataset.info().classes.size(), 17U);
}

TEST(Inspect, CalorimeterHasEnergiesAndNoClasses) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "EleEscan_1_1.h5");
        add<float>(file, "ECAL", {5, 25, 25, 25}, 97, 0.01);
        add<float>(file, "target", {5, 2}, 10, 10.7);
    }
    const Inspection found = inspect(folder / "EleEscan_1_1.h5", kWithoutMeasuring);
    EXPECT_TRUE(mentions(found.notes, "no labels: 'target'"));
    const Section section = parsed(found.data_section);
    EXPECT_EQ(section.spec.labels, "none");
    EXPECT_EQ(opened(section, "train").info().channels, 25);
}

TEST(Inspect, CaloGanNamesTheOtherLayers) {
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
    const Section section = parsed(found.data_section);
    EXPECT_EQ(section.spec.images, "layer_0");
    EXPECT_EQ(opened(section, "train").info().shape, (augment::ImageShape{3, 96, 1}));
}

TEST(Inspect, MatlabFileHasItsDimensionsReversed) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "nyu_depth_v2_labeled.mat", 512);
        add<std::uint8_t>(file, "images", {4, 3, 20, 16}, 251);
        add<float>(file, "depths", {4, 20, 16}, 7);
    }
    std::fstream block(folder / "nyu_depth_v2_labeled.mat", std::ios::in | std::ios::out | std::ios::binary);
    block << "MATLAB 7.3 MAT-file";
    block.close();
    const Section section = printed(folder / "nyu_depth_v2_labeled.mat");
    EXPECT_EQ(section.spec.axes, "NCWH");
    EXPECT_EQ(opened(section, "train").info().shape, (augment::ImageShape{16, 20, 3}));
}

TEST(Inspect, KerasLikeNamesTellTheSplits) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "mnist.h5");
        for (const char* split : {"train", "test"}) {
            add<std::uint8_t>(file, "x_" + std::string(split), {6, 9, 9}, 251);
            add<std::uint8_t>(file, "y_" + std::string(split), {6}, 3);
        }
    }
    const Section section = printed(folder / "mnist.h5");
    EXPECT_EQ(section.train, "train");
    EXPECT_EQ(section.test, "test");
    EXPECT_EQ(opened(section, "test").info().classes.size(), 3U);
}

TEST(Inspect, CourseraLikeNamesTellTheSplits) {
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

TEST(Inspect, CaptionDataHasChannelsFirstAndSplitsInCapitals) {
    const TemporaryFolder folder;
    for (const char* split : {"TRAIN", "VAL"}) {
        const Hdf5File file(folder / (std::string(split) + "_IMAGES_coco_5_cap_per_img.hdf5"));
        add<std::uint8_t>(file, "images", {4, 3, 16, 16}, 251);
        file.add_number("/", "captions_per_image", 5);
    }
    const Section section = printed(folder / "TRAIN_IMAGES_coco_5_cap_per_img.hdf5");
    EXPECT_EQ(section.spec.axes, "NCHW");
    EXPECT_EQ(section.train, "TRAIN");
    EXPECT_EQ(section.test, "VAL");
    EXPECT_EQ(opened(section, "VAL").info().shape, (augment::ImageShape{16, 16, 3}));
}

TEST(Inspect, FactorsOfThreeDShapesAreNoClasses) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "3dshapes.h5");
        add<std::uint8_t>(file, "images", {6, 16, 16, 3}, 251);
        add<double>(file, "labels", {6, 6}, 10, 0.1);
    }
    const Section section = printed(folder / "3dshapes.h5");
    EXPECT_EQ(section.spec.labels, "none");
    EXPECT_TRUE(opened(section, "train").info().classes.empty());
}

TEST(Inspect, CremiVolumeIsAStackOfSlices) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "sample_A_20160501.hdf");
        add<std::uint8_t>(file, "volumes/raw", {5, 20, 24}, 251);
        add<std::int64_t>(file, "volumes/labels/neuron_ids", {5, 20, 24}, 1000);
    }
    EXPECT_EQ(opened(printed(folder / "sample_A_20160501.hdf"), "train").info().shape,
              (augment::ImageShape{20, 24, 1}));
}

TEST(Inspect, FastMriTellsItsLargestValue) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "file1000001.h5");
        add<float>(file, "reconstruction_rss", {4, 20, 20}, 97, 1e-6);
        file.add_number("/", "max", 0.00025);
        file.add_text("/", "acquisition", "CORPDFS_FBK");
    }
    const Section section = printed(folder / "file1000001.h5");
    EXPECT_EQ(section.spec.range, (std::vector<double>{0, 0.00025}));
    EXPECT_EQ(opened(section, "train").info().size, 4);
}

TEST(Inspect, SingleCoilFastMriIsFoundToo) {
    const TemporaryFolder folder;
    add<float>(Hdf5File(folder / "file1000002.h5"), "reconstruction_esc", {4, 20, 20}, 97, 1e-6);
    EXPECT_EQ(opened(printed(folder / "file1000002.h5"), "train").info().size, 4);
}

TEST(Inspect, DeepCamFileIsOneImage) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "data-2000-01-01-00-0.h5");
        add<float>(file, "climate/data", {20, 30, 16}, 97);
        add<float>(file, "climate/labels_0", {20, 30}, 3);
    }
    const Section section = printed(folder / "data-2000-01-01-00-0.h5");
    EXPECT_EQ(section.spec.axes, "HWC");
    const Dataset dataset = opened(section, "train");
    EXPECT_EQ(dataset.info().size, 1);
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{20, 30, 16}));
}

TEST(Inspect, ScansOfPy4DstemHaveTwoDimensionsOfImages) {
    const TemporaryFolder folder;
    add<std::uint16_t>(Hdf5File(folder / "scan.h5"), "datacube_root/datacube/data", {5, 7, 16, 16}, 60000);
    const Section section = printed(folder / "scan.h5");
    EXPECT_EQ(section.spec.axes, "NNHW");
    EXPECT_EQ(opened(section, "train").info().size, 35);
}

TEST(Inspect, ScansOfHyperSpyHaveTwoDimensionsOfImages) {
    const TemporaryFolder folder;
    add<std::uint16_t>(Hdf5File(folder / "scan.hspy"), "Experiments/__unnamed__/data", {5, 7, 16, 16}, 60000);
    EXPECT_EQ(printed(folder / "scan.hspy").spec.axes, "NNHW");
}

TEST(Inspect, ScansOfEmdFilesAreKnownByTheirGroupsAttribute) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "scan.emd");
        add<std::uint16_t>(file, "experiment/run/data", {5, 7, 16, 16}, 60000);
        file.add_number("experiment/run", "emd_group_type", 1);
    }
    EXPECT_EQ(printed(folder / "scan.emd").spec.axes, "NNHW");
}

TEST(Inspect, SaysWhichAxesWereAssumed) {
    const TemporaryFolder folder;
    add<std::uint16_t>(Hdf5File(folder / "scan.h5"), "data", {5, 7, 16, 16}, 60000);
    const Inspection found = inspect(folder / "scan.h5", kWithoutMeasuring);
    EXPECT_NE(found.guess.find("read as NCHW"), std::string::npos) << found.guess;
    EXPECT_EQ(parsed(found.data_section).spec.axes, "NCHW");
}

TEST(Inspect, OneDataSetAnImageTakesItsLabelsFromATable) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "train-image.hdf5");
        for (int i = 0; i < 4; ++i) {
            const Bytes png = testing::make_png({8, 8, 3}, i);
            file.add("ISIC_000" + std::to_string(i), {png.size()}, png);
        }
    }
    std::ofstream(folder / "train-metadata.csv") << "isic_id,target,age\nISIC_0003,1,50\nISIC_0000,0,40\n"
                                                    "ISIC_0001,0,30\nISIC_0002,1,20\n";
    const Section section = printed(folder / "train-image.hdf5");
    EXPECT_EQ(section.spec.images, "/");
    EXPECT_EQ(opened(section, "train").labels(), (std::vector<std::int32_t>{0, 0, 1, 1}));
}

TEST(Inspect, SubgroupsAreClasses) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "pets.h5");
        for (const char* name : {"cat/0", "cat/1", "dog/0", "dog/1"}) {
            const Bytes png = testing::make_png({8, 8, 3}, name[4]);
            file.add(name, {png.size()}, png);
        }
    }
    const Dataset dataset = opened(printed(folder / "pets.h5"), "train");
    EXPECT_EQ(dataset.info().classes, (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(dataset.info().size, 4);
}

TEST(Inspect, LargestArrayOfAnUnknownFileIsTried) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "unknown.h5");
        add<std::uint8_t>(file, "group/small", {3, 8, 8}, 251);
        add<std::uint8_t>(file, "group/large", {3, 16, 16}, 251);
        add<std::uint8_t>(file, "group/label", {3}, 2);
    }
    const Section section = printed(folder / "unknown.h5");
    EXPECT_EQ(section.spec.images, "group/large");
    EXPECT_EQ(opened(section, "train").info().classes.size(), 2U);
}

TEST(Inspect, FloatsInTheUnitIntervalHaveThatRange) {
    const TemporaryFolder folder;
    add<float>(Hdf5File(folder / "a.h5"), "x", {4, 8, 8}, 101, 0.01);
    EXPECT_EQ(printed(folder / "a.h5").spec.range, (std::vector<double>{0, 1}));
    Floats both = counting<float>(std::size_t{4} * 8 * 8, 101, 0.02);
    for (float& value : both) {
        value -= 1;
    }
    Hdf5File(folder / "b.h5").add("x", {4, 8, 8}, both);
    EXPECT_EQ(printed(folder / "b.h5").spec.range, (std::vector<double>{-1, 1}));
}

TEST(Inspect, QuotesPathsThatYamlWouldReadOtherwise) {
    const TemporaryFolder folder;
    std::filesystem::create_directories(folder / "it's: #1 {a}");
    add<std::uint8_t>(Hdf5File(folder / "it's: #1 {a}/x.h5"), "x", {4, 8, 8}, 251);
    EXPECT_EQ(opened(printed(folder / "it's: #1 {a}/x.h5"), "train").info().size, 4);
}

TEST(Inspect, SaysHowToImportWhatIsNotHdf5) {
    const TemporaryFolder folder;
    testing::write_bytes(folder / "photos/cat/a.png", testing::make_png({8, 8, 3}, 1));
    testing::write_bytes(folder / "photos/dog/b.png", testing::make_png({8, 8, 3}, 2));
    const Inspection found = inspect(folder / "photos");
    EXPECT_NE(found.guess.find("tacit data import " + folder / "photos" + " --out"), std::string::npos) << found.guess;
    EXPECT_NE(found.guess.find("2 images"), std::string::npos) << found.guess;
    EXPECT_TRUE(found.data_section.empty());
}

TEST(Inspect, KnowsStl10Binaries) {
    const TemporaryFolder folder;
    testing::write_bytes(folder / "stl10_binary/train_X.bin", Bytes(std::size_t{2} * 3 * 96 * 96, 7));
    testing::write_bytes(folder / "stl10_binary/train_y.bin", Bytes{1, 2});
    const Inspection found = inspect(folder / "stl10_binary");
    EXPECT_NE(found.guess.find("kind stl10"), std::string::npos) << found.guess;
}

TEST(Inspect, MeasuresWhatReadingCosts) {
    const TemporaryFolder folder;
    Hdf5File(folder / "x.h5")
        .add("x", {64, 16, 16}, counting<std::uint8_t>(64 * 16 * 16, 251),
             Hdf5Storage{{16, 16, 16}, 4, H5I_INVALID_HID});
    const Inspection found = inspect(folder / "x.h5", {0.2});
    EXPECT_TRUE(mentions(found.cost, "chunks of 16 images, filtered"));
    EXPECT_TRUE(mentions(found.cost, "an image cannot be read without its block"));
    EXPECT_TRUE(mentions(found.cost, "64 images"));
    EXPECT_TRUE(mentions(found.cost, "by pread and Tacit's own decoding"));
}

TEST(Inspect, PromisesNoGainOverRawImages) {
    const TemporaryFolder folder;
    add<std::uint8_t>(Hdf5File(folder / "x.h5"), "x", {64, 16, 16}, 251);
    EXPECT_TRUE(mentions(inspect(folder / "x.h5", {0.1}).cost, "raw images already"));
}

TEST(Inspect, SaysWhatGoesThroughTheLibrarysLock) {
    const TemporaryFolder folder;
    {
        const h5::Session session;
        const h5::Handle file(H5Fcreate((folder / "compact.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
        const h5::Handle properties(H5Pcreate(H5P_DATASET_CREATE));
        H5Pset_layout(properties.get(), H5D_COMPACT);
        const hsize_t shape[3] = {4, 8, 8};
        const h5::Handle space(H5Screate_simple(3, shape, nullptr));
        const h5::Handle set(
            H5Dcreate2(file.get(), "x", H5T_STD_U8LE, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
    }
    EXPECT_TRUE(mentions(inspect(folder / "compact.h5", kWithoutMeasuring).cost, "read by libhdf5 under its lock"));
}

TEST(Inspect, NamesAFileThatIsNeitherHdf5NorImages) {
    const TemporaryFolder folder;
    testing::write_bytes(folder / "text.h5", Bytes(100, 'a'));
    const std::string message = message_of<Error>([&] { inspect(folder / "text.h5"); });
    EXPECT_NE(message.find("text.h5: not a readable HDF5 file"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::shards
