// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/guess/axes_guess.hpp"
#include "pipeline/shards/labels/class_names.hpp"
#include "pipeline/shards/splits/data_splits.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/reading_fixtures.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tacit::shards {
namespace {

using testing::Hdf5File;

using Names = std::vector<std::string>;
using Numbers = std::vector<std::int32_t>;

std::string letters(const std::vector<std::uint64_t>& shape, const AxesEvidence& evidence = {}) {
    const AxesGuess guess = guess_axes(shape, evidence);
    return guess.letters + (guess.other.empty() ? "" : "?" + guess.other);
}

TEST(AxesGuess, WeighsChannelsSquaresAndLabels) {
    EXPECT_EQ(letters({50, 32, 32, 3}), "NHWC");
    EXPECT_EQ(letters({50, 3, 32, 32}), "NCHW");
    EXPECT_EQ(letters({32, 32, 3, 1000}), "HWCN");
    EXPECT_EQ(letters({16, 14, 3, 10}, {false, false, {10}}), "HWCN");
    EXPECT_EQ(letters({3, 16, 14, 10}, {false, false, {10}}), "CHWN");
    EXPECT_EQ(letters({8, 16, 16, 13}), "NHWC");
    EXPECT_EQ(letters({5, 7, 16, 16}), "NCHW");
    EXPECT_EQ(letters({5, 7, 16, 16}, {false, true, {}}), "NNHW");
    EXPECT_EQ(letters({60, 28, 28}), "NHW");
    EXPECT_EQ(letters({16, 40, 16, 3}), "NHWC");
    EXPECT_EQ(letters({16, 40, 16, 3}, {false, false, {40}}), "HNWC");
    EXPECT_EQ(letters({3, 40, 16, 16}, {false, false, {40}}), "CNHW");
    EXPECT_EQ(letters({16, 40, 16}, {false, false, {40}}), "HNW");
    EXPECT_EQ(letters({10, 14, 3}, {false, false, {10}}), "NHW");
    EXPECT_EQ(letters({100, 128, 3}), "HWC");
    EXPECT_EQ(letters({2, 3, 5, 4}, {true, false, {}}), "NCWH");
    EXPECT_EQ(letters({3, 16, 14, 10}, {true, false, {10}}), "CWHN");
}

TEST(AxesGuess, NamesBothReadingsWhereTheyAreClose) {
    EXPECT_EQ(letters({30, 16, 16, 32}), "NHWC?NCHW");
    EXPECT_EQ(letters({20, 16, 16, 16}), "NHWC?NCHW");
    EXPECT_EQ(letters({64, 64, 30}), "NHW?HWN");
    EXPECT_EQ(letters({64, 64, 30}, {false, false, {30}}), "HWN");
    EXPECT_EQ(letters({5, 7, 3, 6}), "HWCN?NHWC");
}

TEST(AxesGuess, RefusesShapesOfTooManyChannels) {
    const std::string message = message_of<DataError>([] { guess_axes({6, 11, 11, 60}, {}); });
    EXPECT_NE(message.find("square images of 60 channels"), std::string::npos) << message;
    EXPECT_NE(message.find("data.axes"), std::string::npos) << message;
}

TEST(OneReading, OfTheLastDimensionThatCountsImagesIsSharedByAll) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "X", {32, 32, 3, 40}, 251);
        add<std::int64_t>(file, "y", {40, 1}, 4);
    }
    EXPECT_EQ(printed(folder / "a.h5").spec.axes, "HWCN");
    const Dataset dataset = Dataset::open(spec_of(folder / "a.h5"), "train");
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{32, 32, 3}));
    EXPECT_EQ(dataset.info().classes.size(), 4U);
    const ImportSummary summary = packed(folder / "a.h5", folder / "packed");
    EXPECT_EQ(summary.splits.front().images, 40);
    EXPECT_EQ(summary.shape, (augment::ImageShape{32, 32, 3}));
}

TEST(OneReading, OfADimensionInTheMiddleIsToldByLabels) {
    const TemporaryFolder folder;
    std::vector<std::uint8_t> pixels; // image i: 5 i everywhere
    for (int row = 0; row < 16; ++row) {
        for (int image = 0; image < 40; ++image) {
            pixels.insert(pixels.end(), 16 * 3, static_cast<std::uint8_t>(5 * image));
        }
    }
    {
        const Hdf5File file(folder / "a.h5");
        file.add("images", {16, 40, 16, 3}, pixels);
        add<std::int64_t>(file, "labels", {40}, 4);
    }
    const Dataset dataset = Dataset::open(spec_of(folder / "a.h5"), "train");
    ASSERT_EQ(dataset.info().size, 40);
    EXPECT_EQ(dataset.info().classes.size(), 4U);
    EXPECT_EQ(testing::pixels_of(dataset, 7), std::vector<std::uint8_t>(16 * 16 * 3, 35));
    EXPECT_EQ(printed(folder / "a.h5").spec.axes, "HNWC");
}

TEST(OneReading, OfAnOpenShapeIsProposedByInspectAndRefusedByOthers) {
    const TemporaryFolder folder;
    add<std::uint8_t>(Hdf5File(folder / "a.h5"), "images", {30, 16, 16, 32}, 251);
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    const std::string both = "could be read as NHWC: 30 images of 16 x 16 with 32 channels, or as NCHW: 30 images of "
                             "16 x 32 with 16 channels";
    EXPECT_TRUE(mentions(found.notes, both));
    EXPECT_EQ(parsed(found.data_section).spec.axes, "NHWC");
    for (const std::string& message : {message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); }),
                                       message_of<DataError>([&] { packed(folder / "a.h5", folder / "packed"); })}) {
        EXPECT_NE(message.find(both), std::string::npos) << message;
        EXPECT_NE(message.find("axes: NHWC}"), std::string::npos) << message;
    }
}

TEST(OneReading, OfUnknownNamesIsRefusedWithInspectsSection) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "group/large", {3, 16, 16}, 251);
        add<std::uint8_t>(file, "group/label", {3}, 2);
    }
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("images: group/large, labels: group/label, axes: NHW}"), std::string::npos) << message;
}

TEST(OneReading, TakesLabelsOfAFileBeside) {
    const TemporaryFolder folder;
    add<std::uint8_t>(Hdf5File(folder / "split_x.h5"), "x", {6, 12, 12, 3}, 251);
    add<std::uint8_t>(Hdf5File(folder / "split_y.h5"), "y", {6, 1, 1, 1}, 2);
    EXPECT_EQ(Dataset::open(spec_of(folder / "split_x.h5"), "train").labels(), (Numbers{0, 1, 0, 1, 0, 1}));
}

TEST(FolderOfFiles, WithoutWordsForSplitsIsOneSplit) {
    const TemporaryFolder folder;
    for (const char* name : {"vol_0.h5", "vol_1.h5", "vol_2.h5"}) {
        add<std::uint8_t>(Hdf5File(folder / name), "data", {5, 20, 24}, 251);
    }
    const PrintedSection section = printed(folder.path());
    EXPECT_EQ(section.train, "train");
    EXPECT_EQ(section.test, "");
    EXPECT_EQ(opened(section, "train").info().size, 15);
    EXPECT_EQ(splits_of(spec_of(folder.path())), (Names{"train"}));
    EXPECT_EQ(Dataset::open(spec_of(folder.path()), "vol_1").info().size, 5); // a file by its name
    const TemporaryFolder out;
    EXPECT_EQ(packed(folder.path(), out / "packed").splits.front().images, 15);
}

TEST(FolderOfFiles, WithWordsInLongerNamesIsRefusedWithItsPattern) {
    const TemporaryFolder folder;
    for (const char* name : {"cells_train_x.h5", "cells_test_x.h5"}) {
        add<std::uint8_t>(Hdf5File(folder / name), "x", {4, 16, 14, 3}, 251);
    }
    const TemporaryFolder out;
    const std::string message = message_of<DataError>([&] { packed(folder.path(), out / "packed"); });
    EXPECT_NE(message.find("cells_{split}_x.h5"), std::string::npos) << message;
}

TEST(FolderOfFiles, SplitsMayBeInNamesOfFilesAndDataSets) {
    const TemporaryFolder folder;
    for (const char* split : {"train", "test"}) {
        const Hdf5File file(folder / (std::string(split) + "_catvnoncat.h5"));
        add<std::uint8_t>(file, std::string(split) + "_set_x", {6, 9, 9, 3}, 251);
        add<std::int64_t>(file, std::string(split) + "_set_y", {6}, 2);
        const Names names = {"non-cat", "cat"};
        file.add("list_classes", {2}, names);
    }
    const PrintedSection section = printed(folder / "train_catvnoncat.h5");
    EXPECT_EQ(section.spec.path, folder / "{split}_catvnoncat.h5");
    for (const char* split : {"train", "test"}) {
        const Dataset dataset = opened(section, split);
        EXPECT_EQ(dataset.info().classes, (Names{"non-cat", "cat"})) << split;
        EXPECT_EQ(dataset.labels(), (Numbers{0, 1, 0, 1, 0, 1})) << split;
    }
}

TEST(FolderOfFiles, FilesOfOneImageAreAPattern) {
    const TemporaryFolder folder;
    for (const char* name : {"1.h5", "2.h5", "10.h5"}) {
        const Hdf5File file(folder / name);
        add<std::int16_t>(file, "cjdata/image", {24, 20}, 251);
        add<double>(file, "cjdata/label", {1, 1}, 3);
    }
    add<double>(Hdf5File(folder / "cvind.h5"), "cvind", {3, 1}, 3);
    const PrintedSection section = printed(folder / "1.h5");
    EXPECT_EQ(section.spec.path, folder / "[0-9]*.h5");
    const Dataset dataset = opened(section, "train");
    EXPECT_EQ(dataset.info().size, 3);
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{24, 20, 1}));
}

TEST(FolderOfFiles, APatternMatchesTheNumberedFilesAlone) {
    const TemporaryFolder folder;
    for (const char* name : {"scan1.h5", "scan2.h5", "scan1_mask.h5"}) {
        add<std::int16_t>(Hdf5File(folder / name), "cjdata/image", {24, 20}, 251);
    }
    const PrintedSection section = printed(folder / "scan1.h5");
    EXPECT_EQ(section.spec.path, folder / "scan[0-9].h5");
    EXPECT_EQ(opened(section, "train").info().size, 2);
    add<std::int16_t>(Hdf5File(folder / "scan10.h5"), "cjdata/image", {24, 20}, 251);
    EXPECT_EQ(printed(folder / "scan1.h5").spec.path, folder / "scan1.h5");
    EXPECT_TRUE(mentions(inspect(folder / "scan1.h5", kWithoutMeasuring).notes,
                         "3 files have names that differ in numbers alone (scan1.h5 … scan2.h5), but patterns for them "
                         "match others too"));
}

TEST(FolderOfFiles, AFileIsReadAloneWhereItsNeighbourCannotBeReadAsItIs) {
    const TemporaryFolder folder;
    add<std::int16_t>(Hdf5File(folder / "2.h5"), "cjdata/image", {24, 20}, 251);
    std::ofstream(folder / "1.h5") << "no HDF5";
    const PrintedSection section = printed(folder / "2.h5");
    EXPECT_EQ(section.spec.path, folder / "2.h5");
    EXPECT_EQ(opened(section, "train").info().size, 1);
    EXPECT_TRUE(mentions(inspect(folder / "2.h5", kWithoutMeasuring).notes, "1.h5"));
}

TEST(LabelsByShape, TextsThatRepeatAreLabels) {
    const TemporaryFolder folder;
    const Names species = {"owl", "ant", "owl", "ant", "bee", "owl"};
    const Names names = {"a", "b", "c", "d", "e", "f"};
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {6, 8, 8, 3}, 251);
        file.add("species", {6}, species);
        file.add("file", {6}, names);
    }
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    EXPECT_EQ(parsed(found.data_section).spec.labels, "species");
    EXPECT_TRUE(mentions(found.notes, "labels are 'species'"));
    const Dataset dataset = Dataset::open(spec_of(folder / "a.h5"), "train");
    EXPECT_EQ(dataset.info().classes, (Names{"ant", "bee", "owl"}));
    EXPECT_EQ(dataset.labels(), (Numbers{2, 0, 2, 0, 1, 2}));
}

TEST(LabelsByShape, SeveralTextsThatRepeatAreNamed) {
    const TemporaryFolder folder;
    const Names species = {"owl", "ant", "owl", "ant"};
    const Names sexes = {"m", "m", "f", "f"};
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {4, 8, 8, 3}, 251);
        file.add("species", {4}, species);
        file.add("sex", {4}, sexes);
    }
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    EXPECT_EQ(parsed(found.data_section).spec.labels, "");
    EXPECT_TRUE(mentions(found.notes, "may name: 'sex' (2 classes), 'species' (2 classes)"));
}

TEST(SparseClasses, OfAStrayLabelAreNamed) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {6, 8, 8, 3}, 251);
        file.add("labels", {6}, std::vector<std::uint8_t>{0, 1, 2, 0, 1, 255});
    }
    const std::string why = "256 classes, of which 4 have images: label 255 (1 image) is far from the others";
    EXPECT_NE(inspect(folder / "a.h5", kWithoutMeasuring).guess.find(why), std::string::npos);
    EXPECT_EQ(sparse_classes({3, 2, 4, 1}, {"0", "1", "2", "3"}), "");
    EXPECT_EQ(sparse_classes({3, 0, 0, 0, 1}, {"a", "b", "c", "d", "e"}), ""); // names were given for all
    EXPECT_NE(sparse_classes({9, 0, 9, 0, 0, 9, 0}, {"0", "1", "2", "3", "4", "5", "6"}).find("7 classes, of which 3"),
              std::string::npos);
    EXPECT_EQ(sparse_classes({0, 2, 1}, {"0", "1", "2"}),
              "3 classes, of which 2 have images: class numbers begin at 1, and class 0 is empty");
    EXPECT_EQ(sparse_classes({0, 2, 1}, {"a", "b", "c"}), "");
}

TEST(RangeOfMasks, IsSaidByInspectAndWarnedOfByPack) {
    const TemporaryFolder folder;
    add<std::uint8_t>(Hdf5File(folder / "a.h5"), "masks", {6, 9, 9}, 2);
    EXPECT_EQ(printed(folder / "a.h5").spec.range, (std::vector<double>{0, 1}));
    add<std::uint8_t>(Hdf5File(folder / "b.h5"), "images", {6, 9, 9}, 2);
    ::testing::internal::CaptureStderr();
    packed(folder / "b.h5", folder / "packed");
    const std::string warning = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(warning.find("if 1 is white, say data.range: [0, 1] (--range 0:1)"), std::string::npos) << warning;
}

TEST(LabelsThatAreNotRead, AreNamed) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {12, 8, 8, 3}, 251);
        add<std::int64_t>(file, "coarse_labels", {12}, 2);
        add<std::int64_t>(file, "fine_labels", {12}, 3);
    }
    const std::string warning = warning_of(spec_of(folder / "a.h5"));
    EXPECT_NE(warning.find("without labels, which may be 'coarse_labels' (2 classes), 'fine_labels' (3 classes): name "
                           "them with data.labels (--labels), or say `none`"),
              std::string::npos)
        << warning;
}

TEST(NamesOfClasses, CountFromOneWhereLabelsDo) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {6, 8, 8, 3}, 251);
        file.add("labels", {6}, std::vector<std::int64_t>{1, 2, 3, 1, 2, 3});
        file.add_texts("labels", "class_names", {"x", "y", "z"});
    }
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().classes,
              (std::vector<std::string>{"0", "x", "y", "z"}));
    const std::string why = "4 classes, of which 3 have images: class numbers begin at 1, and class 0 is empty";
    EXPECT_NE(inspect(folder / "a.h5", kWithoutMeasuring).guess.find(why), std::string::npos);
}

using Classes = std::vector<std::string>;
using Rows = std::vector<std::int64_t>;

/// Images with these labels in data sets that begin with `split`, and four names of classes.
void add_split(const Hdf5File& file, const std::string& split, const Rows& labels) {
    add<std::uint8_t>(file, split + "images", {labels.size(), 8, 8, 3}, 251);
    file.add(split + "labels", {labels.size()}, labels);
}

const Classes kFour = {"plane", "auto", "bird", "cat"};
const Classes kFourFromOne = {"0", "plane", "auto", "bird", "cat"};

TEST(NamesOfClasses, AreTheSameInASplitWithoutTheLastClass) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add_split(file, "train_", {1, 2, 3, 4, 1, 2});
        add_split(file, "test_", {1, 2, 3, 1});
        file.add_texts("/", "class_names", kFour);
    }
    const Dataset train = Dataset::open(spec_of(folder / "a.h5"), "train");
    EXPECT_EQ(train.info().classes, kFourFromOne);
    Dataset test = Dataset::open(spec_of(folder / "a.h5"), "test");
    EXPECT_EQ(test.info().classes, (Classes{"0", "1", "2", "3"}));
    test.number_classes_as(train.info().classes);
    EXPECT_EQ(test.info().classes, kFourFromOne);
    EXPECT_EQ(test.labels(), (std::vector<std::int32_t>{1, 2, 3, 1})); // plane, auto, bird, plane
}

TEST(NamesOfClasses, AreTheSameInAllFilesOfASplit) {
    const TemporaryFolder folder;
    for (const auto& [name, labels] : {std::pair{"p-0.h5", Rows{1, 2, 3}}, {"p-1.h5", Rows{4, 2, 1, 3}}}) {
        const Hdf5File file(folder / name);
        add_split(file, "", labels);
        file.add_texts("/", "class_names", kFour);
    }
    for (const auto& [name, labels] : {std::pair{"z-0.h5", Rows{1, 2, 3}}, {"z-1.h5", Rows{0, 2, 1, 3}}}) {
        const Hdf5File file(folder / name);
        add_split(file, "", labels);
        file.add_texts("/", "class_names", kFour);
    }
    ::testing::internal::CaptureStderr();
    const Dataset from_one = Dataset::open(spec_of(folder / "p-*.h5"), "train");
    EXPECT_EQ(from_one.info().classes, kFourFromOne);
    EXPECT_EQ(from_one.labels(), (std::vector<std::int32_t>{1, 2, 3, 4, 2, 1, 3}));
    const Dataset from_zero = Dataset::open(spec_of(folder / "z-*.h5"), "train");
    EXPECT_EQ(from_zero.info().classes, kFour);
    EXPECT_EQ(from_zero.labels(), (std::vector<std::int32_t>{1, 2, 3, 0, 2, 1, 3}));
    EXPECT_EQ(::testing::internal::GetCapturedStderr().find("count from"), std::string::npos);
}

TEST(NamesOfClasses, ThatMayCountFromZeroOrOneNameNone) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add_split(file, "", {1, 2, 3, 1});
        file.add_texts("/", "class_names", kFour);
    }
    const std::string why =
        "a.h5: labels: the 4 names of classes in 'class_names' ('plane' …) count from 0 or from 1, as no image is of "
        "class 0 and none of class 4: classes keep their numbers; to name them, write the labels as "
        "an enumeration or as names";
    EXPECT_NE(warning_of(spec_of(folder / "a.h5")).find(why), std::string::npos);
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes, why));
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().classes, (Classes{"0", "1", "2", "3"}));
}

TEST(NamesOfClasses, ThatCountFromZeroInOneFileAndFromOneInAnotherAreRefused) {
    const TemporaryFolder folder;
    for (const auto& [name, labels] : {std::pair{"p-0.h5", Rows{0, 1, 2, 3}}, {"p-1.h5", Rows{4, 2, 1, 3}}}) {
        const Hdf5File file(folder / name);
        add_split(file, "", labels);
        file.add_texts("/", "class_names", kFour);
    }
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "p-*.h5"), "train"); });
    EXPECT_NE(message.find("p-0.h5: the names of its classes ('plane' …) count from 0, in " + (folder / "p-1.h5") +
                           " the same names count from 1 (no image is of class 0)"),
              std::string::npos)
        << message;
    {
        const Hdf5File file(folder / "p-0a.h5"); // between them, and of other names
        add_split(file, "", {0, 1, 1, 0});
        file.add_texts("/", "class_names", {"moth", "newt"});
    }
    EXPECT_EQ(message_of<DataError>([&] { Dataset::open(spec_of(folder / "p-*.h5"), "train"); }), message);
    {
        const Hdf5File file(folder / "a.h5");
        add_split(file, "train_", {1, 2, 3, 4});
        add_split(file, "test_", {0, 1, 2, 3});
        file.add_texts("/", "class_names", kFour);
    }
    const TemporaryFolder out;
    const std::string of_splits = message_of<DataError>([&] { packed(folder / "a.h5", out / "packed"); });
    EXPECT_NE(of_splits.find("test: the names of its classes ('plane' …) count from 0, in train the same names count "
                             "from 1"),
              std::string::npos)
        << of_splits;
}

TEST(NamesOfClasses, ThatAreOneShortOrOneMoreAreNamed) {
    for (const auto& [names, attribute] : {std::pair{Classes{"plane", "auto", "bird"}, "class_names"},
                                           {Classes{"plane", "auto", "bird"}, "list_classes"},
                                           {Classes{"plane", "auto", "bird", "cat", "dog"}, "list_classes"}}) {
        const TemporaryFolder folder;
        {
            const Hdf5File file(folder / "a.h5");
            add_split(file, "", {0, 1, 2, 3});
            file.add_texts("/", attribute, names);
        }
        const std::string why = "a.h5: labels: the " + std::to_string(names.size()) + " names of classes in '" +
                                attribute +
                                "' ('plane' …) are not those of labels up to 3, which are 4 classes: "
                                "classes keep their numbers; write a name for each class";
        EXPECT_NE(warning_of(spec_of(folder / "a.h5")).find(why), std::string::npos);
        EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes, why));
    }
}

TEST(NamesOfClasses, OfTwoListsThatDifferAreTold) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add_split(file, "", {0, 1, 2, 3});
        file.add_texts("/", "class_names", kFour);
        file.add_texts("/", "classes", {"a", "b", "c", "d"});
    }
    EXPECT_TRUE(
        mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes,
                 "labels: classes have the 4 names of classes in 'class_names' ('plane' …), and not the 4 names "
                 "of classes in 'classes' ('a' …)"));
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().classes, kFour);
}

TEST(NamesOfClasses, InADataSetMayBeMoreThanASplitHas) {
    const TemporaryFolder folder;
    const Names names = {"plane", "auto", "bird", "cat", "dog"};
    {
        const Hdf5File file(folder / "a.h5");
        add_split(file, "", {0, 1, 2, 3});
        file.add("class_names", {5}, names);
    }
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().classes,
              (Classes{"plane", "auto", "bird", "cat", "dog"}));
}

TEST(NamesOfClasses, OfColumnsCountFromZero) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {2, 8, 8, 3}, 251);
        file.add("labels", {2, 4}, Rows{0, 0, 1, 0, 0, 1, 0, 0});
        file.add_texts("/", "class_names", kFour);
    }
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().classes, kFour);
}

} // namespace
} // namespace tacit::shards
