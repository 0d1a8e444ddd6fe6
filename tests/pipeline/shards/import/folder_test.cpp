// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/import.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/statistics/statistics.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using namespace tacit::testing; // NOLINT(google-build-using-namespace)

TEST(ImportFolder, SmallEqualImagesBecomeRaw) {
    const TemporaryFolder folder;
    write_tree(folder);
    write_bytes(folder / "source/train/cat/notes.txt", {'h', 'i'});
    const ImportSummary summary = import_images(options_for(folder));
    EXPECT_EQ(summary.kind, "folder");
    EXPECT_EQ(summary.layout, Layout::raw);
    ASSERT_EQ(summary.left_out.size(), 1U);
    EXPECT_EQ(text_of(summary.left_out[0]), "files that are no images by their extension (1): train/cat/notes.txt");
    const Dataset train = Dataset::open(folder / "shards", "train");
    EXPECT_EQ(train.info().shape, (augment::ImageShape{10, 8, 3}));
    EXPECT_EQ(train.info().classes, (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(train.labels(), (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1}));
    EXPECT_EQ(pixels_of(train, 2), make_pixels({10, 8, 3}, 4));
    EXPECT_EQ(Dataset::open(folder / "shards", "test").info().size, 2);
}

TEST(ImportFolder, StoredMeanAndStdAreThoseOfTheTrainingSplit) {
    const TemporaryFolder folder;
    write_tree(folder);
    import_images(options_for(folder));
    const Dataset test = Dataset::open(folder / "shards", "test");
    const Statistics statistics = measure_statistics(Dataset::open(folder / "shards", "train"), {});
    ASSERT_EQ(statistics.scaled.size(), test.info().mean.size());
    for (std::size_t c = 0; c < statistics.scaled.size(); ++c) {
        EXPECT_NEAR(test.info().mean[c], statistics.scaled[c].mean, 1e-14);
        EXPECT_NEAR(test.info().std[c], statistics.scaled[c].std, 1e-14);
    }
}

TEST(ImportFolder, EncodedLayoutKeepsTheFiles) {
    const TemporaryFolder folder;
    write_tree(folder);
    ImportOptions options = options_for(folder);
    options.layout = "encoded";
    EXPECT_EQ(import_images(options).layout, Layout::encoded);
    const Dataset train = Dataset::open(folder / "shards", "train");
    SampleBuffer buffer;
    train.read(0, buffer);
    EXPECT_EQ(buffer.encoded, make_jpeg({10, 8, 3}, 0));
    EXPECT_EQ(pixels_of(train, 2), make_pixels({10, 8, 3}, 4));
}

TEST(ImportFolder, ImagesOfDifferentSizesStayEncoded) {
    const TemporaryFolder folder;
    write_tree(folder);
    write_bytes(folder / "source/train/cat/tall.png", make_png({20, 8, 3}, 9));
    const ImportSummary summary = import_images(options_for(folder));
    EXPECT_EQ(summary.layout, Layout::encoded);
    EXPECT_EQ(Dataset::open(folder / "shards", "train").info().shape, (augment::ImageShape{0, 0, 3}));
    ImportOptions raw = options_for(folder);
    raw.layout = "raw";
    raw.overwrite = true;
    EXPECT_NE(message_of<ConfigError>([&] { import_images(raw); }).find("differ in size"), std::string::npos);
}

TEST(ImportFolder, SizeMakesSquareRawImages) {
    const TemporaryFolder folder;
    write_tree(folder);
    write_bytes(folder / "source/train/cat/tall.png", make_png({20, 8, 3}, 9));
    ImportOptions options = options_for(folder);
    options.size = 6;
    EXPECT_EQ(import_images(options).layout, Layout::raw);
    const Dataset train = Dataset::open(folder / "shards", "train");
    EXPECT_EQ(train.info().shape, (augment::ImageShape{6, 6, 3}));
    EXPECT_EQ(train.info().size, 7);
}

TEST(ImportFolder, TestFractionIsDrawnByClassAndLeavesEachATrainingImage) {
    const TemporaryFolder folder;
    std::vector<std::string> paths = {"rare/a.png", "few/a.png", "few/b.png"};
    for (int i = 0; i < 40; ++i) {
        paths.push_back((i % 4 == 0 ? "some/" : "many/") + std::to_string(i) + ".png");
    }
    write_images(folder, paths);
    ImportOptions options = options_for(folder);
    std::map<double, std::map<std::string, int>> counts; // "split class" at a share
    for (const double share : {0.2, 0.9}) {
        options.test_fraction = share;
        for (const auto& [path, place] : images_of(options)) {
            ++counts[share][place];
        }
    }
    EXPECT_EQ(counts[0.2], (std::map<std::string, int>{{"train rare", 1},
                                                       {"train few", 2},
                                                       {"train some", 8},
                                                       {"test some", 2},
                                                       {"train many", 24},
                                                       {"test many", 6}}));
    EXPECT_EQ(counts[0.9], (std::map<std::string, int>{{"train rare", 1},
                                                       {"train few", 1},
                                                       {"test few", 1},
                                                       {"train some", 1},
                                                       {"test some", 9},
                                                       {"train many", 3},
                                                       {"test many", 27}}));
}

TEST(ImportFolder, TestFractionIsTheSameEveryTimeAndMovesFewImagesWhenOneIsAdded) {
    const TemporaryFolder folder;
    std::vector<std::string> paths;
    for (int i = 0; i < 40; ++i) {
        paths.push_back((i % 2 == 0 ? "cat/" : "dog/") + std::to_string(i) + ".png");
    }
    write_images(folder, paths);
    ImportOptions options = options_for(folder);
    options.test_fraction = 0.25;
    const auto before = images_of(options);
    EXPECT_EQ(images_of(options), before);
    write_images(folder, {"cat/zzz.png"});
    int moved = 0;
    for (const auto& [path, place] : images_of(options)) {
        moved += path != "cat/zzz.png" && before.at(path) != place ? 1 : 0;
    }
    EXPECT_LE(moved, 1);
}

TEST(ImportFolder, TestFractionThatLeavesNoTestImageIsRefused) {
    const TemporaryFolder folder;
    write_images(folder, {"cat/a.png", "dog/b.png"});
    ImportOptions options = options_for(folder);
    options.test_fraction = 0.4;
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("leaves no image for the test split"),
              std::string::npos);
    options.path = import_fixture("archives");
    EXPECT_NE(message_of<ConfigError>([&] {
                  import_images(options);
              }).find("--test-fraction does not go with webdataset; leave it out"),
              std::string::npos);
}

TEST(ImportFolder, LoosePhotosAreUnlabelled) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/a.png", make_png({4, 4, 3}, 1));
    write_bytes(folder / "source/b.jpg", make_jpeg({4, 4, 3}, 2));
    import_images(options_for(folder));
    const Dataset train = Dataset::open(folder / "shards", "train");
    EXPECT_TRUE(train.info().classes.empty());
    EXPECT_EQ(train.labels(), (std::vector<std::int32_t>{-1, -1}));
}

TEST(ImportFolder, UnreadableImageIsNamedAndNothingIsLeft) {
    const TemporaryFolder folder;
    write_tree(folder);
    Bytes cut = make_jpeg({10, 8, 3}, 1);
    cut.resize(cut.size() / 2);
    write_bytes(folder / "source/train/cat/broken.jpg", cut);
    const std::string message = message_of<DataError>([&] { import_images(options_for(folder)); });
    EXPECT_NE(message.find("source/train/cat/broken.jpg: is a damaged JPEG"), std::string::npos) << message;
    EXPECT_FALSE(fs::exists(folder / "shards"));
    EXPECT_FALSE(fs::exists(folder / "shards.importing"));
}

TEST(ImportFolder, SkipBadListsWhatItLeftOut) {
    const TemporaryFolder folder;
    write_tree(folder);
    write_bytes(folder / "source/train/cat/empty.png", {});
    write_bytes(folder / "source/train/dog/text.jpg", {'n', 'o'});
    ImportOptions options = options_for(folder);
    options.skip_bad = true;
    const ImportSummary summary = import_images(options);
    ASSERT_EQ(summary.skipped.size(), 2U);
    EXPECT_NE(summary.skipped[0].find("empty.png: is empty"), std::string::npos) << summary.skipped[0];
    EXPECT_EQ(Dataset::open(folder / "shards", "train").info().size, 6);
}

} // namespace
} // namespace tacit::shards
