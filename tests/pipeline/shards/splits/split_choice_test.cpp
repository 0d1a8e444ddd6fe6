// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/splits/split_choice.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/index/index_bytes.hpp"
#include "pipeline/shards/splits/data_splits.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>

namespace tacit::shards {
namespace {

using testing::spec_of;

const std::vector<SplitShare> kThree = {{"train", 0.7}, {"val", 0.1}, {"test", 0.2}};

std::vector<std::int32_t> labels_of(int count, int classes) {
    std::vector<std::int32_t> labels;
    for (int i = 0; i < count; ++i) {
        labels.push_back(i % (classes + 1) - 1);
    }
    return labels;
}

std::int64_t count_of(const std::vector<std::uint8_t>& chosen, const std::vector<std::int32_t>& labels, int label) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        count += labels[i] == label ? chosen[i] : 0;
    }
    return count;
}

/// `count` images of 4 x 4 x 1 whose pixels all are their number + `first`, in chunks of five, with labels i % 3.
void write_numbered(const std::string& path, int count, int first = 0) {
    const h5::Session session;
    const h5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const hsize_t dims[4] = {static_cast<hsize_t>(count), 4, 4, 1};
    const hsize_t chunk[4] = {5, 4, 4, 1};
    const h5::Handle space(H5Screate_simple(4, dims, nullptr));
    const h5::Handle rows(H5Screate_simple(1, dims, nullptr));
    const h5::Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_chunk(properties.get(), 4, chunk);
    const h5::Handle images(
        H5Dcreate2(file.get(), "images", H5T_STD_U8LE, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
    const h5::Handle labels(
        H5Dcreate2(file.get(), "labels", H5T_STD_I32LE, rows.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    std::vector<std::uint8_t> pixels;
    std::vector<std::int32_t> classes;
    for (int i = 0; i < count; ++i) {
        pixels.insert(pixels.end(), 16, static_cast<std::uint8_t>(first + i));
        classes.push_back(i % 3);
    }
    H5Dwrite(images.get(), H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, pixels.data());
    H5Dwrite(labels.get(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, classes.data());
}

/// The number that each image of a data set of write_numbered() is made of, read alone; read by block it must be the
/// same, and so must be the label that goes with it.
std::vector<int> numbers_in(const Dataset& dataset) {
    std::vector<int> numbers;
    SampleBuffer buffer;
    Block block;
    const std::vector<std::int64_t>& starts = dataset.block_starts();
    for (std::size_t b = 0; b + 1 < starts.size(); ++b) {
        dataset.load(static_cast<std::int64_t>(b), block, buffer.scratch);
        for (std::int64_t i = starts[b]; i < starts[b + 1]; ++i) {
            const int number = dataset.image(block, i, buffer).data[0];
            EXPECT_EQ(dataset.read(i, buffer).data[0], number) << i;
            EXPECT_EQ(dataset.labels()[static_cast<std::size_t>(i)], number % 3) << i;
            numbers.push_back(number);
        }
    }
    EXPECT_EQ(static_cast<std::int64_t>(numbers.size()), dataset.info().size);
    return numbers;
}

TEST(SplitDraw, EveryImageIsInOneSplit) {
    const std::vector<std::int32_t> labels = labels_of(1003, 7);
    std::vector<int> times(labels.size(), 0);
    for (const SplitShare& share : kThree) {
        const std::vector<std::uint8_t> chosen = draw_split(labels, kThree, share.split, 3);
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            times[i] += chosen[i];
        }
    }
    EXPECT_EQ(std::count(times.begin(), times.end(), 1), 1003);
}

TEST(SplitDraw, EachClassIsSharedOutAlike) {
    const std::vector<std::int32_t> labels = labels_of(1003, 7);
    for (const SplitShare& share : kThree) {
        const std::vector<std::uint8_t> chosen = draw_split(labels, kThree, share.split, 3);
        for (int label = -1; label < 7; ++label) {
            const auto all = static_cast<double>(std::count(labels.begin(), labels.end(), label));
            EXPECT_NEAR(static_cast<double>(count_of(chosen, labels, label)), all * share.share, 1.0);
        }
    }
}

TEST(SplitDraw, DependsOnTheSeed) {
    const std::vector<std::int32_t> labels = labels_of(200, 3);
    EXPECT_EQ(draw_split(labels, kThree, "test", 1), draw_split(labels, kThree, "test", 1));
    EXPECT_NE(draw_split(labels, kThree, "test", 1), draw_split(labels, kThree, "test", 2));
}

TEST(SplitDraw, IsTheSameOnEveryMachine) {
    const std::vector<std::uint8_t> chosen = draw_split(std::vector<std::int32_t>(16, 0), {{"a", 0.5}}, "a", 5);
    const std::vector<std::uint8_t> expected = {0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1};
    EXPECT_EQ(chosen, expected);
}

TEST(SplitChoice, SharesOutTheImagesOfAFile) {
    const TemporaryFolder folder;
    write_numbered(folder / "all.h5", 60);
    DataSpec spec = spec_of(folder / "all.h5");
    spec.split_shares = kThree;
    std::vector<int> seen;
    for (const SplitShare& share : kThree) {
        const std::vector<int> numbers = numbers_in(Dataset::open(spec, share.split));
        EXPECT_EQ(numbers.size(), static_cast<std::size_t>(60 * share.share + 0.5));
        seen.insert(seen.end(), numbers.begin(), numbers.end());
    }
    std::sort(seen.begin(), seen.end());
    std::vector<int> all(60);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(seen, all);
}

TEST(SplitChoice, SharesAreOfAllFilesTogether) {
    const TemporaryFolder folder;
    write_numbered(folder / "part-0.h5", 30);
    write_numbered(folder / "part-1.h5", 30, 30);
    write_numbered(folder / "all.h5", 60);
    DataSpec parts = spec_of(folder / "part-*.h5");
    DataSpec whole = spec_of(folder / "all.h5");
    parts.split_shares = whole.split_shares = {{"train", 0.5}, {"test", 0.5}};
    EXPECT_EQ(numbers_in(Dataset::open(parts, "test")), numbers_in(Dataset::open(whole, "test")));
    EXPECT_EQ(splits_of(parts), (std::vector<std::string>{"train", "test"}));
}

/// A file of images, and a table whose column `part` holds these texts.
struct ImagesWithTable {
    explicit ImagesWithTable(const std::vector<std::string>& parts) : spec(spec_of(folder / "all.h5")) {
        write_numbered(spec.path, static_cast<int>(parts.size()));
        write_file_atomically(folder / "table.csv", fmt::format("part\n{}\n", fmt::join(parts, "\n")));
        spec.split_by = "table.csv:part";
    }

    TemporaryFolder folder;
    DataSpec spec;
};

TEST(SplitChoice, SharesOfOtherNamesAreOfTheUnnamedSplit) {
    const TemporaryFolder folder;
    write_numbered(folder / "all.h5", 30);
    DataSpec spec = spec_of(folder / "all.h5");
    spec.split_shares = {{"dev", 0.5}, {"held", 0.5}};
    std::vector<int> seen = numbers_in(Dataset::open(spec, "dev"));
    const std::vector<int> held = numbers_in(Dataset::open(spec, "held"));
    seen.insert(seen.end(), held.begin(), held.end());
    EXPECT_EQ(std::set<int>(seen.begin(), seen.end()).size(), 30U);
    EXPECT_EQ(splits_of(spec), (std::vector<std::string>{"dev", "held"}));
}

TEST(SplitChoice, SharesWithoutTheTrainingSplitAreOfTheFirstNamed) {
    const TemporaryFolder folder;
    write_numbered(folder / "train.h5", 6);
    write_numbered(folder / "dev.h5", 18);
    for (const char* path : {"{split}.h5", ""}) {
        DataSpec spec = spec_of(folder / path);
        spec.split_shares = {{"dev", 0.5}, {"held", 0.5}};
        EXPECT_EQ(Dataset::open(spec, "dev").info().size, 9) << path;
        EXPECT_EQ(Dataset::open(spec, "held").info().size, 9) << path;
        EXPECT_EQ(Dataset::open(spec, "train").info().size, 6) << path;
    }
}

TEST(SplitChoice, ColumnOfATableNamesTheSplits) {
    const ImagesWithTable images({"train", "test", "train", "val", "test", "test", "train"});
    EXPECT_EQ(numbers_in(Dataset::open(images.spec, "train")), (std::vector<int>{0, 2, 6}));
    EXPECT_EQ(numbers_in(Dataset::open(images.spec, "test")), (std::vector<int>{1, 4, 5}));
    EXPECT_EQ(splits_of(images.spec), (std::vector<std::string>{"train", "val", "test"}));
    EXPECT_NE(message_of<DataError>([&] { Dataset::open(images.spec, "valid"); }).find("test, train, val"),
              std::string::npos);
}

TEST(SplitChoice, EveryTextOfATableIsASplit) {
    const ImagesWithTable images({"0", "-1", "\"\"", "0", "-1"});
    EXPECT_EQ(numbers_in(Dataset::open(images.spec, "0")), (std::vector<int>{0, 3}));
    EXPECT_EQ(numbers_in(Dataset::open(images.spec, "-1")), (std::vector<int>{1, 4}));
    EXPECT_EQ(splits_of(images.spec), (std::vector<std::string>{"", "-1", "0"}));
}

TEST(SplitChoice, SplitsHaveFingerprintsOfTheirOwn) {
    const TemporaryFolder folder;
    write_numbered(folder / "all.h5", 60);
    DataSpec spec = spec_of(folder / "all.h5");
    spec.split_shares = {{"train", 0.5}, {"test", 0.5}};
    const std::string first = Dataset::open(spec, "train").info().fingerprint;
    spec.split_seed = 2;
    EXPECT_NE(Dataset::open(spec, "train").info().fingerprint, first);
}

TEST(SplitChoice, IndexThatTravelsKeepsTheChoice) {
    const TemporaryFolder folder;
    write_numbered(folder / "all.h5", 60);
    DataSpec spec = spec_of(folder / "all.h5");
    spec.split_shares = kThree;
    const Dataset sent(index_of_bytes(bytes_of_index(index_dataset(spec, "val"))));
    EXPECT_EQ(numbers_in(sent), numbers_in(Dataset::open(spec, "val")));
}

TEST(SplitChoice, ValidationImagesComeOutOfTheTrainingShards) {
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "train", {4, 4, 1}, 20, 2);
    testing::write_raw_split(folder.path(), "test", {4, 4, 1}, 5, 2);
    DataSpec spec = spec_of(folder.path());
    spec.split_shares = {{"train", 0.9}, {"val", 0.1}};
    EXPECT_EQ(Dataset::open(spec, "train").info().size, 18);
    EXPECT_EQ(Dataset::open(spec, "val").info().size, 2);
    EXPECT_EQ(Dataset::open(spec, "test").info().size, 5);
}

using Names = std::vector<std::string>;

/// The splits of `path` in a folder with these files.
Names splits_among(const Names& files, const std::string& path, const std::string& labels = "") {
    const TemporaryFolder folder;
    for (const std::string& file : files) {
        const std::filesystem::path name(folder / file);
        std::filesystem::create_directories(name.parent_path());
        write_numbered(name, 3);
    }
    DataSpec spec = spec_of(folder / path);
    spec.labels = labels;
    return splits_of(spec);
}

TEST(SplitNames, StandInAPatternOfFiles) {
    EXPECT_EQ(splits_among({"test-part-0.h5", "train-part-0.h5", "train-part-1.h5"}, "{split}-part-*.h5"),
              (Names{"train", "test"}));
    EXPECT_EQ(splits_among({"test/0.h5", "train/0.h5", "train/1.h5"}, "{split}/*.h5"), (Names{"train", "test"}));
    EXPECT_EQ(splits_among({"train/a_train.h5", "train/a_test.h5"}, "{split}/a_{split}.h5"), (Names{"train"}));
}

TEST(SplitNames, AreOneWhereThePathHasNoPlaceForThem) {
    EXPECT_EQ(splits_among({"test-0.h5", "train-0.h5"}, "*.h5"), (Names{"train"}));
    EXPECT_EQ(splits_among({"test.h5", "train.h5"}, "test.h5"), (Names{"train"}));
    EXPECT_EQ(splits_among({"test-0.h5", "train-0.h5"}, ""), (Names{"train", "test"}));
    EXPECT_EQ(splits_among({"a.h5"}, "b_{split}.h5"), (Names{"train"}));
}

TEST(SplitNames, FileIsOfTheLongestNameThatFits) {
    const TemporaryFolder folder;
    int first = 0;
    for (const char* name : {"train_0.h5", "val_0.h5", "valid_0.h5", "validation_0.h5", "validation_1.h5"}) {
        write_numbered(folder / name, 6, first);
        first += 6;
    }
    const DataSpec spec = spec_of(folder / "{split}*.h5");
    EXPECT_EQ(numbers_in(Dataset::open(spec, "val")), (std::vector<int>{6, 7, 8, 9, 10, 11}));
    EXPECT_EQ(numbers_in(Dataset::open(spec, "valid")), (std::vector<int>{12, 13, 14, 15, 16, 17}));
    EXPECT_EQ(Dataset::open(spec, "validation").info().size, 12);
    EXPECT_EQ(splits_of(spec), (Names{"train", "val", "valid", "validation"}));
    std::filesystem::remove(folder / "val_0.h5");
    EXPECT_EQ(splits_of(spec), (Names{"train", "valid", "validation"}));
    EXPECT_NE(message_of<IoError>([&] { Dataset::open(spec, "val"); }).find("val*.h5: no file matches but those of"),
              std::string::npos);
}

TEST(SplitChoice, PatternWithoutFilesIsNamed) {
    const TemporaryFolder folder;
    EXPECT_NE(message_of<IoError>([&] { Dataset::open(spec_of(folder / "no-*.h5"), "train"); }).find("no-*.h5"),
              std::string::npos);
}

} // namespace
} // namespace tacit::shards
