// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <zlib.h>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

using Labels = std::vector<std::int32_t>;
using Names = std::vector<std::string>;

/// A .npy of format 1.0.
std::string npy(const std::string& type, const std::string& shape, const std::string& values) {
    std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, shape);
    header.resize(117, ' ');
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + values;
}

void write_npy(const std::string& path, const std::string& type, const std::string& shape, const std::string& values) {
    const std::string all = npy(type, shape, values);
    write_bytes(path, Bytes(all.begin(), all.end()));
}

std::string little(std::uint64_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) {
        text += static_cast<char>(value >> (8 * i) & 0xFFU);
    }
    return text;
}

/// A .npz of stored arrays, as numpy.savez() writes it.
void write_npz(const std::string& path, const std::vector<std::pair<std::string, std::string>>& arrays) {
    std::string all;
    std::string directory;
    for (const auto& [array, content] : arrays) {
        const std::string name = array + ".npy";
        const auto crc = crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
        const std::string about = little(20, 2) + std::string(8, '\0') + little(crc, 4) + little(content.size(), 4) +
                                  little(content.size(), 4) + little(name.size(), 2) + little(0, 2);
        directory += "PK\1\2" + little(20, 2) + about + std::string(10, '\0') + little(all.size(), 4) + name;
        all += "PK\3\4" + about + name + content;
    }
    all += directory + "PK\5\6" + std::string(4, '\0') + little(arrays.size(), 2) + little(arrays.size(), 2) +
           little(directory.size(), 4) + little(all.size(), 4) + little(0, 2);
    write_bytes(path, Bytes(all.begin(), all.end()));
}

std::string pixels(std::size_t count, int modulus = 251) {
    std::string values(count, '\0');
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = static_cast<char>(i % static_cast<std::size_t>(modulus));
    }
    return values;
}

ImportOptions options_of(const TemporaryFolder& folder, const std::string& source) {
    ImportOptions options = options_for(folder);
    options.path = folder / source;
    return options;
}

TEST(ImportNumpy, TextsAreNamesOfClasses) {
    const TemporaryFolder folder;
    write_npy(folder / "a/x_train.npy", "|u1", "4, 8, 8, 3", pixels(4 * 192));
    write_npy(folder / "a/y_train.npy", "|S3", "4,", std::string("owlantowlb\0\0", 12));
    write_npy(folder / "a/x_test.npy", "|u1", "2, 8, 8, 3", pixels(2 * 192));
    write_npy(folder / "a/y_test.npy", "|S3", "2,", "owlant");
    const ImportOptions options = options_of(folder, "a");
    EXPECT_EQ(import_images(options).classes, (Names{"ant", "b", "owl"}));
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (Labels{2, 0, 2, 1}));
    EXPECT_EQ(Dataset::open(options.out, "test").labels(), (Labels{2, 0}));
}

TEST(ImportNumpy, LabelsThatAreNoClassesDoNotBlock) {
    const TemporaryFolder folder;
    write_npy(folder / "a/images.npy", "|u1", "4, 8, 8, 3", pixels(4 * 192));
    write_npy(folder / "a/labels.npy", "|u1", "4, 3", std::string("\1\0\1\0\0\0\1\1\1\0\0\1", 12));
    const ImportOptions options = options_of(folder, "a");
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(import_images(options).splits.front().images, 4);
    const std::string warning = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(
        warning.find(
            "row 0 of 3 columns is neither one class number nor one-hot; the images of split 'train' are read without"),
        std::string::npos)
        << warning;
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), Labels(4, -1));
}

TEST(ImportNumpy, ArraysOfOneImageFollowTheirNumbers) {
    const TemporaryFolder folder;
    std::string labels;
    for (int i = 0; i < 12; ++i) {
        write_npy(fmt::format("{}/{}.npy", folder / "a", i), "|u1", "9, 9", std::string(81, static_cast<char>(i)));
        labels += static_cast<char>(i % 5);
    }
    write_npy(folder / "a/labels.npy", "|u1", "12,", labels);
    const ImportOptions options = options_of(folder, "a");
    EXPECT_EQ(import_images(options).splits.front().images, 12);
    const Dataset dataset = Dataset::open(options.out, "train");
    for (std::int64_t i = 0; i < 12; ++i) {
        EXPECT_EQ(pixels_of(dataset, i).at(0), i);
        EXPECT_EQ(dataset.labels().at(static_cast<std::size_t>(i)), i % 5);
    }
}

TEST(ImportNumpy, SplitsThatNothingTellsAreNotToldToBeNone) {
    const TemporaryFolder folder;
    write_npy(folder / "a/images.npy", "|u1", "12, 8, 8, 3", pixels(12 * 192));
    ImportOptions options = options_of(folder, "a");
    options.split_folders = {"none"};
    const std::string said = message_of<ConfigError>([&] { import_images(options); });
    EXPECT_NE(said.find("--splits does not go with npy; leave it out"), std::string::npos) << said;
    std::string rows = "label,split\n";
    for (int i = 0; i < 12; ++i) {
        rows += i < 9 ? "cat,train\n" : "dog,test\n";
    }
    write_bytes(folder / "t.csv", Bytes(rows.begin(), rows.end()));
    options.labels = folder / "t.csv:label";
    EXPECT_EQ(import_images(options).splits.size(), 1U); // none of the table's
    EXPECT_EQ(Dataset::open(options.out, "train").labels().at(9), 1);
}

/// What an import of 12 images with these labels says; with --labels none it must work.
std::string refusal_of(const std::string& type, const std::string& shape, const std::string& values) {
    const TemporaryFolder folder;
    write_npy(folder / "a/images.npy", "|u1", "12, 8, 8, 3", pixels(12 * 192));
    write_npy(folder / "a/labels.npy", type, shape, values);
    ImportOptions options = options_of(folder, "a");
    std::string said = message_of<DataError>([&] { import_images(options); });
    options.labels = "none";
    import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), Labels(12, -1));
    return said.substr(said.rfind('/') + 1);
}

TEST(ImportNumpy, OtherNumbersOfLabelsThanOfImagesAreRefused) {
    const std::string rest = " labels for 12 images (images.npy); give every image one label, or leave labels out with "
                             "--labels none";
    std::string long_numbers;
    for (std::uint64_t i = 0; i < 20; ++i) {
        long_numbers += little(i % 3, 8);
    }
    for (const std::size_t count : {11U, 13U, 20U}) {
        EXPECT_EQ(refusal_of("<i8", fmt::format("{},", count), long_numbers.substr(0, 8 * count)),
                  fmt::format("labels.npy: {}{}", count, rest));
    }
    EXPECT_EQ(refusal_of("|u1", "6,", pixels(6, 3)), "labels.npy: 6" + rest);
    std::string one_hot;
    for (std::size_t i = 0; i < 10; ++i) {
        one_hot += i % 3 == 0 ? std::string("\1\0\0", 3) : std::string("\0\1\0", 3);
    }
    EXPECT_EQ(refusal_of("|u1", "10, 3", one_hot), "labels.npy: 10" + rest);
    EXPECT_EQ(refusal_of("|S1", "9,", "abcabcabc"), "labels.npy: 9" + rest);
    EXPECT_EQ(refusal_of("|S1", "11,", "abcdefghijk"), "labels.npy: 11" + rest); // no list of classes: nothing counts
}

TEST(ImportNumpy, LabelsOfAnotherSplitDoNotFillUp) {
    const TemporaryFolder folder;
    write_npy(folder / "a/x_train.npy", "|u1", "4, 8, 8, 3", pixels(4 * 192));
    write_npy(folder / "a/y_train.npy", "|u1", "5,", pixels(5));
    write_npy(folder / "a/x_test.npy", "|u1", "2, 8, 8, 3", pixels(2 * 192));
    write_npy(folder / "a/y_test.npy", "|u1", "1,", pixels(1));
    const ImportOptions options = options_of(folder, "a");
    EXPECT_NE(
        message_of<DataError>([&] { import_images(options); }).find("y_train.npy: 5 labels for 4 images (x_train.npy)"),
        std::string::npos);
}

TEST(ImportNumpy, AGapInTheNumbersOfImagesIsNamed) {
    const TemporaryFolder folder;
    for (const int i : {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11}) {
        write_npy(fmt::format("{}/{}.npy", folder / "a", i), "|u1", "9, 9", std::string(81, static_cast<char>(i)));
    }
    write_npy(folder / "a/labels.npy", "|u1", "12,", pixels(12, 3));
    const ImportOptions options = options_of(folder, "a");
    EXPECT_NE(message_of<DataError>([&] {
                  import_images(options);
              }).find("labels.npy: 12 labels for 11 images (0.npy to 11.npy, of which 5.npy is not there)"),
              std::string::npos);
}

TEST(ImportNumpy, OrderOfArraysWithoutNumbersIsNotGuessed) {
    const TemporaryFolder folder;
    write_npy(folder / "a/cats.npy", "|u1", "3, 9, 9", pixels(243));
    write_npy(folder / "a/dogs.npy", "|u1", "3, 9, 9", pixels(243));
    write_npy(folder / "a/labels.npy", "|u1", "6,", std::string(6, '\1'));
    const ImportOptions options = options_of(folder, "a");
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("could both be the images"),
              std::string::npos);
}

TEST(ImportNumpy, ArchivesOfImagesAndOfLabelsGoTogether) {
    const TemporaryFolder folder;
    for (const std::string split : {"train", "test"}) {
        write_npz(folder / "a/k49-" + split + "-imgs.npz", {{"arr_0", npy("|u1", "4, 9, 9", pixels(324))}});
        write_npz(folder / "a/k49-" + split + "-labels.npz", {{"arr_0", npy("|u1", "4,", std::string("\2\1\0\2", 4))}});
    }
    ImportOptions options = options_of(folder, "a");
    for (const char* source : {"a", "a/k49-train-imgs.npz", "a/k49-test-imgs.npz"}) {
        options.path = folder / source;
        options.out = folder / ("out-" + std::to_string(options.path.size()));
        for (const SplitSummary& split : import_images(options).splits) {
            EXPECT_EQ(Dataset::open(options.out, split.name).labels(), (Labels{2, 1, 0, 2})) << source << split.name;
        }
    }
}

TEST(ImportNumpy, ImagesOfZeroAndOneAreBlackAndWhite) {
    const TemporaryFolder folder;
    write_npy(folder / "a/images.npy", "|u1", "4, 9, 9", pixels(4 * 81, 2));
    const ImportOptions options = options_of(folder, "a");
    EXPECT_EQ(import_images(options).value_range, (std::vector<double>{0, 1}));
    EXPECT_EQ(pixels_of(Dataset::open(options.out, "train"), 0).at(1), 255);
}

TEST(ImportNumpy, AFolderOfNumberedArraysNeedsNoLabels) {
    const TemporaryFolder folder;
    for (const char* name : {"0", "1", "10", "2"}) {
        write_npy(folder / "set/" + name + ".npy", "|u1", "9, 9", std::string(81, name[0]));
    }
    write_bytes(folder / "set/readme.txt", {'.'});
    const ImportSummary summary = import_images(options_of(folder, "set"));
    EXPECT_EQ(summary.splits.at(0).images, 4);
    EXPECT_EQ(left_out_of(options_of(folder, "set")),
              (Names{"files that are no images by their extension (1): readme.txt"}));
    write_npy(folder / "other/a.npy", "|u1", "9, 9", pixels(81));
    write_npy(folder / "other/b.npy", "|u1", "9, 9", pixels(81));
    const std::string message = message_of<DataError>([&] { import_images(options_of(folder, "other")); });
    EXPECT_NE(message.find("name them by numbers (img_0.npy, img_1.npy, …), or save them as one array images.npy"),
              std::string::npos)
        << message;
}

TEST(ImportNumpy, NumberedTablesOfFloatsAreNoImagesUnlessSaid) {
    for (const char* name : {"part_", "", "x_", "features_"}) {
        const TemporaryFolder folder;
        for (int i = 0; i < 3; ++i) {
            write_npy(fmt::format("{}/{}{}.npy", folder / "a", name, i), "<f4", "10, 16",
                      std::string(640, static_cast<char>(i + 1)));
        }
        ImportOptions options = options_of(folder, "a");
        const std::string message = message_of<DataError>([&] { import_images(options); });
        EXPECT_NE(message.find(fmt::format("a/{}0.npy", name)), std::string::npos) << message;
        EXPECT_NE(message.find("(10, 16) f4: rows of features, or one gray image of 10 x 16; if it is an image, as the "
                               "other 2 arrays, say --axes HW"),
                  std::string::npos)
            << message;
        options.axes = "HW";
        EXPECT_EQ(import_images(options).splits.at(0).images, 3);
    }
    const TemporaryFolder folder;
    for (int i = 0; i < 3; ++i) { // named as images, or with a label for each
        write_npy(fmt::format("{}/img_{}.npy", folder / "named", i), "<f4", "10, 16", pixels(640));
        write_npy(fmt::format("{}/{}.npy", folder / "labelled", i), "<f4", "10, 16", pixels(640));
    }
    write_npy(folder / "labelled/labels.npy", "|u1", "3,", std::string("\0\1\0", 3));
    for (const char* source : {"named", "labelled"}) {
        ImportOptions options = options_of(folder, source);
        options.out = folder / (std::string("out-") + source);
        EXPECT_EQ(import_images(options).splits.at(0).images, 3) << source;
    }
}

TEST(ImportNumpy, NumberedArraysOfSplitsAreTheirImages) {
    const TemporaryFolder folder;
    for (const char* name : {"train_0", "train_1", "train_2", "test_0", "test_1"}) {
        write_npy(folder / "a/" + name + ".npy", "|u1", "9, 9", pixels(81));
    }
    const ImportSummary summary = import_images(options_of(folder, "a"));
    ASSERT_EQ(summary.splits.size(), 2U);
    EXPECT_EQ(summary.splits[0].images, 3);
    EXPECT_EQ(summary.splits[1].images, 2);
    write_npy(folder / "b/cat_train.npy", "|u1", "9, 9", pixels(81));
    write_npy(folder / "b/dog_test.npy", "|u1", "9, 9", pixels(81));
    EXPECT_NE(message_of<DataError>([&] { import_images(options_of(folder, "b")); }).find("named like images"),
              std::string::npos);
}

TEST(ImportNumpy, ArraysInFoldersOfClassesGetARemedy) {
    const TemporaryFolder folder;
    for (const char* name : {"cat/0", "cat/1", "dog/0"}) {
        write_npy(folder / "a/" + name + ".npy", "|u1", "9, 9", pixels(81));
    }
    const std::string message = message_of<DataError>([&] { import_images(options_of(folder, "a")); });
    EXPECT_NE(message.find("a: its NumPy arrays lie in folders (cat/0.npy, …), and arrays are read from one folder "
                           "alone; import each folder by itself, save images in folders of classes as PNG or TIFF"),
              std::string::npos)
        << message;
}

TEST(ImportNumpy, WhatIsNoPlainArrayGetsARemedy) {
    const TemporaryFolder folder;
    const auto message = [&](const char* type) {
        write_npy(folder / "x.npy", type, "3,", pixels(81));
        return message_of<DataError>([&] { import_images(options_of(folder, "x.npy")); });
    };
    EXPECT_NE(message("|O").find("x.npy: images: holds Python objects, which Tacit does not unpickle; save images of "
                                 "one size as one array of numbers, others as PNG or TIFF files, and texts with "
                                 "astype(str)"),
              std::string::npos)
        << message("|O");
    EXPECT_NE(message("<c8").find("x.npy: images: holds complex numbers; save what is meant of them, such as "
                                  "abs(array)"),
              std::string::npos)
        << message("<c8");
}

TEST(ImportNumpy, RowsOfPixelsGetAnAdvice) {
    const TemporaryFolder folder;
    write_npy(folder / "x.npy", "|u1", "3, 784", pixels(std::size_t{3} * 784));
    const std::string message = message_of<DataError>([&] { import_images(options_of(folder, "x.npy")); });
    EXPECT_NE(message.find("if a row is an image of 28 x 28, write the array as (3, 28, 28)"), std::string::npos)
        << message;
}

TEST(ImportNumpy, ClassesWithoutImagesAreNamed) {
    const TemporaryFolder folder;
    write_npy(folder / "x.npy", "|u1", "3, 9, 9", pixels(243));
    write_npy(folder / "y.npy", "|u1", "3", std::string("\0\2\2", 3));
    ImportOptions options = options_of(folder, "x.npy");
    options.classes = {"ant", "bee", "cow", "dog"};
    EXPECT_EQ(import_images(options).notes, (Names{"2 of 4 classes have no image: bee, dog"}));
}

TEST(ImportNumpy, TwoListsOfLabelsThatTellOtherClassesAreAskedFor) {
    const TemporaryFolder folder;
    write_npy(folder / "a/train_x.npy", "|u1", "4, 9, 9", pixels(324));
    write_npy(folder / "a/train_y.npy", "|u1", "4", std::string("\0\1\0\1", 4));
    write_npy(folder / "a/train_label.npy", "|u1", "4", std::string("\3\1\3\1", 4));
    write_npy(folder / "a/train_target.npy", "<f4", "4, 2", std::string(32, '\1'));
    ImportOptions options = options_of(folder, "a");
    import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (Labels{3, 1, 3, 1}));
    EXPECT_EQ(left_out_of(options),
              (Names{"arrays that may be labels beside those that are taken (2): train_target, train_y"}));
    write_npy(folder / "a/train_y.npy", "|u1", "4", std::string("\0\1\2\1", 4));
    options.overwrite = true;
    const std::string message = message_of<DataError>([&] { import_images(options); });
    EXPECT_NE(message.find("train_label and train_y could both be the labels of split 'train', and tell other classes; "
                           "say which with --labels {split}_label or --labels {split}_y"),
              std::string::npos)
        << message;
    options.labels = "{split}_y";
    import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (Labels{0, 1, 2, 1}));
    options.labels = "species";
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("--labels species: no array has that name"),
              std::string::npos);
}

TEST(ImportNumpy, ArraysOfThreeOrFourPlanesAreAskedFor) {
    const auto write = [](const TemporaryFolder& folder, const std::string& name) {
        for (int i = 0; i < 4; ++i) {
            write_npy(folder / ("a/" + name + std::to_string(i) + ".npy"), "|u1", "3, 9, 9", pixels(243));
        }
    };
    for (const std::string axes : {"", "NHW", "CHW"}) {
        const TemporaryFolder folder;
        write(folder, "batch_");
        ImportOptions options = options_of(folder, "a");
        options.axes = axes;
        if (axes.empty()) {
            const std::string message = message_of<DataError>([&] { import_images(options); });
            EXPECT_NE(message.find("could be read as 3 gray images of 9 x 9, or as one image in 3 channels, and so "
                                   "could the other 3 arrays; say which with --axes NHW or --axes CHW"),
                      std::string::npos)
                << message;
            continue;
        }
        const ImportSummary summary = import_images(options);
        EXPECT_EQ(summary.splits.front().images, axes == "NHW" ? 12 : 4);
        EXPECT_EQ(summary.shape.channels, axes == "NHW" ? 1 : 3);
    }
    for (const auto& [name, labels] : {std::pair{"batch_", 12}, {"batch_", 4}, {"img_", 0}}) {
        const TemporaryFolder folder;
        write(folder, name);
        if (labels > 0) {
            write_npy(folder / "a/labels.npy", "|u1", std::to_string(labels), std::string(labels, '\1'));
        }
        EXPECT_EQ(import_images(options_of(folder, "a")).splits.front().images, labels == 12 ? 12 : 4);
    }
}

TEST(ImportNumpy, LabelsMayBeInPartsAsImagesAre) {
    const std::string labels("\2\0\1\2\2\1", 6);
    { // a number for each image
        const TemporaryFolder folder;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            write_npy(folder / ("a/image_0" + std::to_string(i) + ".npy"), "|u1", "9, 9", pixels(81));
            write_npy(folder / ("a/label_0" + std::to_string(i) + ".npy"), "|u1", "", labels.substr(i, 1));
        }
        const ImportOptions options = options_of(folder, "a");
        import_images(options);
        EXPECT_EQ(Dataset::open(options.out, "train").labels(), (Labels{2, 0, 1, 2, 2, 1}));
    }
    { // an archive for each image
        const TemporaryFolder folder;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            write_npz(folder / ("a/s" + std::to_string(i) + ".npz"),
                      {{"image", npy("|u1", "9, 9", pixels(81))}, {"label", npy("|u1", "", labels.substr(i, 1))}});
        }
        const ImportOptions options = options_of(folder, "a");
        import_images(options);
        EXPECT_EQ(Dataset::open(options.out, "train").labels(), (Labels{2, 0, 1, 2, 2, 1}));
    }
    for (const bool short_part : {false, true}) { // lists for parts; the tenth comes last
        const TemporaryFolder folder;
        for (const std::size_t part : {0U, 2U, 10U}) {
            const std::string number = std::to_string(part);
            const std::size_t first = part == 10 ? 4 : part;
            write_npy(folder / ("a/images_" + number + ".npy"), "|u1", "2, 9, 9", pixels(162));
            const std::size_t rows = short_part && part == 2 ? 1 : 2;
            write_npy(folder / ("a/labels_" + number + ".npy"), "|u1", std::to_string(rows),
                      labels.substr(first, rows));
        }
        const ImportOptions options = options_of(folder, "a");
        if (short_part) {
            const std::string message = message_of<DataError>([&] { import_images(options); });
            EXPECT_NE(message.find("labels_2 holds 1 labels, images_2 holds 2 images; give every image one label"),
                      std::string::npos)
                << message;
            continue;
        }
        import_images(options);
        EXPECT_EQ(Dataset::open(options.out, "train").labels(), (Labels{2, 0, 1, 2, 2, 1}));
    }
}

TEST(ImportNumpy, ListsBesideImageFilesAreLeftOutAndNamed) {
    const TemporaryFolder folder;
    write_images(folder, {"a/0.png"});
    write_npy(folder / "source/a/labels.npy", "|u1", "1", std::string(1, '\1'));
    const ImportOptions options = options_of(folder, "source/a");
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.kind, "folder");
    EXPECT_EQ(left_out_of(options), (Names{"files that are no images by their extension (1): labels.npy"}));
}

TEST(ImportNumpy, AnArrayThatIsNamedIsTakenOrRefused) {
    const TemporaryFolder folder;
    write_npy(folder / "a/train_x.npy", "|u1", "4, 9, 9", pixels(324));
    write_npy(folder / "a/train_y.npy", "|u1", "4", std::string("\0\1\0\1", 4));
    write_npy(folder / "a/train_target.npy", "<f4", "4, 2", std::string(32, '\1'));
    write_npy(folder / "a/train_label_names.npy", "|S1", "2,", "ab");
    ImportOptions options = options_of(folder, "a");
    options.labels = "train_target";
    const std::string message = message_of<ConfigError>([&] { import_images(options); });
    EXPECT_NE(message.find("--labels train_target: "), std::string::npos) << message;
    EXPECT_NE(message.find("is neither one class number nor one-hot; name another array, or none"), std::string::npos)
        << message;
    std::filesystem::remove(folder / "a/train_y.npy");
    EXPECT_THROW(import_images(options), ConfigError);
    options.labels = "train_label_names";
    EXPECT_THROW(import_images(options), DataError); // of 2 classes for 4 images
}

TEST(ImportNumpy, AnArrayThatIsNamedForOneSplitDoesNotLeaveOthersToAGuess) {
    const TemporaryFolder folder;
    for (const std::string split : {"train", "test"}) {
        write_npy(folder / ("a/" + split + "_x.npy"), "|u1", "4, 9, 9", pixels(324));
        write_npy(folder / ("a/" + split + "_y.npy"), "|u1", "4", std::string("\0\1\0\1", 4));
        write_npy(folder / ("a/" + split + "_label.npy"), "|u1", "4", std::string("\0\1\1\0", 4));
    }
    std::filesystem::remove(folder / "a/test_y.npy");
    ImportOptions options = options_of(folder, "a");
    options.labels = "train_y";
    const std::string message = message_of<ConfigError>([&] { import_images(options); });
    EXPECT_NE(message.find("--labels train_y: names no array of split 'test', which has test_label; name one of each "
                           "split, as in --labels {split}_label"),
              std::string::npos)
        << message;
    options.labels = "{split}_label";
    import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "test").labels(), (Labels{0, 1, 1, 0}));
}

TEST(ImportNumpy, ATableThatLabelsAreTakenFromIsNotLeftOut) {
    const TemporaryFolder folder;
    for (const char* name : {"0.npy", "1.npy", "2.npy"}) {
        write_npy(folder / (std::string("a/") + name), "|u1", "9, 9", pixels(81));
    }
    write_bytes(folder / "a/t.csv",
                Bytes{'i', 'd', ',', 'l', '\n', '2', ',', 'c', '\n', '0', ',', 'a', '\n', '1', ',', 'b', '\n'});
    ImportOptions options = options_of(folder, "a");
    EXPECT_EQ(left_out_of(options), (Names{"files that are no images by their extension (1): t.csv"}));
    EXPECT_EQ(import_images(options).notes, (Names{"t.csv: has rows for 3 images; --labels t.csv:COLUMN takes labels "
                                                   "from it, --labels none says that none is meant"}));
    options.overwrite = true;
    options.labels = "t.csv:l";
    EXPECT_EQ(left_out_of(options), Names());
    EXPECT_EQ(import_images(options).classes, (Names{"a", "b", "c"}));
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (Labels{0, 1, 2}));
    const std::string again = "id,l\n2,c\n0,a\n2,c\n1,b\n0,a\n";
    write_bytes(folder / "a/t.csv", Bytes(again.begin(), again.end()));
    EXPECT_EQ(left_out_of(options),
              (Names{"rows of " + (folder / "a/t.csv") + " that say again what another says (2): line 4, line 6"}));
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (Labels{0, 1, 2}));
}

TEST(ImportNumpy, NamesOfClassesCountFromOneWhereLabelsDo) {
    const TemporaryFolder folder;
    write_npy(folder / "a/images.npy", "|u1", "4, 8, 8, 3", pixels(4 * 192));
    write_npy(folder / "a/labels.npy", "|u1", "4,", "\1\2\3\2");
    write_npy(folder / "a/class_names.npy", "|S3", "3,", std::string("owlantbee", 9));
    const ImportSummary summary = import_images(options_of(folder, "a"));
    EXPECT_EQ(summary.classes, (Names{"0", "owl", "ant", "bee"}));
    EXPECT_EQ(Dataset::open(options_of(folder, "a").out, "train").labels(), (Labels{1, 2, 3, 2}));
}

TEST(ImportNumpy, NamesOfOtherNumbersOfClassesAreNotTakenAndTold) {
    const TemporaryFolder folder;
    write_npy(folder / "a/images.npy", "|u1", "4, 8, 8, 3", pixels(4 * 192));
    write_npy(folder / "a/labels.npy", "|u1", "4,", std::string("\0\1\2\3", 4));
    write_npy(folder / "a/class_names.npy", "|S3", "3,", std::string("owlantbee", 9));
    const ImportSummary summary = import_images(options_of(folder, "a"));
    EXPECT_EQ(summary.classes, (Names{"0", "1", "2", "3"}));
    ASSERT_EQ(summary.notes.size(), 1U);
    EXPECT_NE(
        summary.notes[0].find("the 3 names of classes in 'class_names' ('owl' …) are not those of labels up to 3, "
                              "which are 4 classes: classes keep their numbers"),
        std::string::npos)
        << summary.notes[0];
}

} // namespace
} // namespace tacit::shards
