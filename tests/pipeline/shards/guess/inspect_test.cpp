// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/inspect.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace tacit::shards {
namespace {

using testing::counting;
using testing::Hdf5File;
using testing::Hdf5Storage;

using Bytes = std::vector<std::uint8_t>;
using Floats = std::vector<float>;

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
    const PrintedSection section = printed(folder / "train-image.hdf5");
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
    const PrintedSection section = printed(folder / "unknown.h5");
    EXPECT_EQ(section.spec.images, "group/large");
    EXPECT_EQ(opened(section, "train").info().classes.size(), 2U);
}

TEST(Inspect, ImagesWithoutAUsualNameHaveTheSplitsOfTheirNames) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "classes.h5");
        for (const char* image :
             {"train/cat/0", "train/cat/1", "train/dog/2", "train/dog/3", "test/cat/4", "test/dog/5"}) {
            add<std::uint8_t>(file, image, {8, 8, 3}, 251);
        }
    }
    {
        const Hdf5File file(folder / "rows.h5");
        for (const auto& [split, count] : {std::pair{"training", 6U}, {"validation", 4U}}) {
            add<std::uint8_t>(file, std::string("cells/") + split + "/large", {count, 16, 16}, 251);
            add<std::uint8_t>(file, std::string("cells/") + split + "/kind_label", {count}, 2);
            add<std::uint8_t>(file, std::string("cells/") + split + "/label", {count}, count == 6 ? 3 : 2);
        }
    }
    const PrintedSection classes = printed(folder / "classes.h5");
    EXPECT_EQ(classes.spec.images, "{split}");
    EXPECT_EQ(opened(classes, "train").labels(), (std::vector<std::int32_t>{0, 0, 1, 1}));
    EXPECT_EQ(classes.test, "test");
    EXPECT_EQ(opened(classes, "test").labels(), (std::vector<std::int32_t>{0, 1}));
    const PrintedSection rows = printed(folder / "rows.h5");
    EXPECT_EQ(rows.spec.images, "cells/{split}/large");
    EXPECT_EQ(rows.spec.labels, "cells/{split}/label");
    EXPECT_EQ(opened(rows, "training").labels(), (std::vector<std::int32_t>{0, 1, 2, 0, 1, 2}));
    EXPECT_EQ(opened(rows, "validation").labels(), (std::vector<std::int32_t>{0, 1, 0, 1}));
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
    EXPECT_NE(message.find("text.h5: is text that begins with"), std::string::npos) << message;
}

/// Three files of 10, 11 and 12 images.
void write_parts(const TemporaryFolder& folder, const std::string& stem) {
    for (int i = 0; i < 3; ++i) {
        const testing::Hdf5File file(folder / stem + std::to_string(i) + ".h5");
        add<std::uint8_t>(file, "images", {static_cast<hsize_t>(10 + i), 9, 8, 3}, 251);
        add<std::int64_t>(file, "labels", {static_cast<hsize_t>(10 + i)}, 3);
    }
}

TEST(InspectFolder, CountsTheImagesOfAllFiles) {
    const TemporaryFolder folder;
    write_parts(folder, "train-");
    write_parts(folder, "val-");
    const Inspection found = inspect(folder.path(), kWithoutMeasuring);
    for (const char* split : {"train", "val"}) {
        EXPECT_NE(found.guess.find(std::string("split '") + split + "': 33 images of 9 x 8, "), std::string::npos)
            << found.guess;
    }
    EXPECT_NE(found.guess.find("'images' read as NHWC of 3 files; 3 classes"), std::string::npos) << found.guess;
    EXPECT_FALSE(mentions(found.notes, "differ in numbers alone"));
    EXPECT_EQ(found.files.size(), 6U); // of both splits
}

TEST(InspectFolder, FilesOfOneImageAreCountedTogether) {
    const TemporaryFolder folder;
    for (int i = 0; i < 5; ++i) {
        const testing::Hdf5File file(folder / "scan_" + std::to_string(i) + ".h5");
        add<std::uint8_t>(file, "image", {9, 9, 3}, 251);
        file.add("label", {}, std::vector<std::int64_t>{i % 2});
    }
    const Inspection found = inspect(folder / "scan_0.h5", kWithoutMeasuring);
    EXPECT_NE(found.guess.find("split 'train': 5 images of 9 x 9, 3 channels of u8, in 'image' read as NHWC of 5 "
                               "files; 2 classes"),
              std::string::npos)
        << found.guess;
    EXPECT_EQ(found.files.size(), 5U);
    EXPECT_EQ(opened(printed(folder / "scan_0.h5"), "train").labels(), (std::vector<std::int32_t>{0, 1, 0, 1, 0}));
}

TEST(InspectFolder, SplitsOfNumberedFilesAreReadAsAWhole) {
    const TemporaryFolder folder;
    for (const char* name : {"train_0", "train_1", "train_2", "val_0", "val_1"}) {
        add<std::uint8_t>(testing::Hdf5File(folder / name + std::string(".h5")), "image", {9, 9, 3}, 251);
    }
    for (const std::string& path : {folder / "train_1.h5", folder / "val_0.h5"}) {
        const Inspection found = inspect(path, kWithoutMeasuring);
        EXPECT_NE(found.guess.find("split 'train': 3 images of"), std::string::npos) << found.guess;
        EXPECT_NE(found.guess.find("split 'val': 2 images of"), std::string::npos) << found.guess;
        EXPECT_EQ(parsed(found.data_section).spec.path, folder / "{split}_[0-9]*.h5");
    }
}

TEST(InspectFolder, WhatIsOpenInManyFilesIsSaidOnce) {
    const TemporaryFolder folder;
    for (int i = 0; i < 5; ++i) {
        const testing::Hdf5File file(folder / "scan_" + std::to_string(i) + ".h5");
        add<std::uint8_t>(file, "image", {9, 9, 3}, 251);
        add<double>(file, "label", {2}, 2, 0.5);
    }
    DataSpec spec;
    spec.path = folder / "scan_*.h5";
    ::testing::internal::CaptureStderr();
    Dataset::open(spec, "train");
    const std::string warning = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(warning.begin(), warning.end(), '\n'), 1) << warning;
    EXPECT_NE(warning.find("the images are read without labels (the first of 5 such files)"), std::string::npos)
        << warning;
}

TEST(InspectFolder, WhatFilesSayEachIsSaidOfEach) {
    const TemporaryFolder folder;
    const auto warning_of = [&](const std::vector<std::string>& empty) {
        for (std::size_t i = 0; i < empty.size(); ++i) {
            const testing::Hdf5File file(folder / "scan_" + std::to_string(i) + ".h5");
            for (int sample = 0; sample < 3; ++sample) {
                add<std::uint8_t>(file, "samples/s" + std::to_string(sample) + "/image", {9, 9, 3}, 251);
            }
            file.add_tracking_group("samples/" + empty[i]);
        }
        ::testing::internal::CaptureStderr();
        DataSpec spec;
        spec.path = folder / "scan_*.h5";
        spec.images = "samples/*/image";
        spec.labels = "none";
        Dataset::open(spec, "train");
        return ::testing::internal::GetCapturedStderr();
    };
    const std::string few = warning_of({"s8", "s9", "extra", "s7"});
    EXPECT_NE(few.find("are left out (1): samples/s8 (the first of 3 such files)"), std::string::npos) << few;
    EXPECT_NE(
        few.find("scan_2.h5: groups without images beside those that hold some are left out (1): samples/extra\n"),
        std::string::npos)
        << few;
    std::vector<std::string> many;
    for (char letter = 'a'; letter < 'a' + 24; ++letter) {
        many.emplace_back(3, letter);
    }
    const std::string first = warning_of(many);
    EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 21) << first;
    EXPECT_NE(first.find("files say 4 more things; `tacit data inspect FILE` shows those of one, such as: "),
              std::string::npos)
        << first;
}

} // namespace
} // namespace tacit::shards
