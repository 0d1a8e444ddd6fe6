// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/import.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/statistics.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <functional>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using testing::make_jpeg;
using testing::make_pixels;
using testing::make_png;
using testing::message_of;
using testing::TemporaryFolder;
using testing::write_bytes;

using Bytes = std::vector<std::uint8_t>;

ImportOptions options_for(const TemporaryFolder& folder) {
    ImportOptions options;
    options.source = folder / "source";
    options.out = folder / "shards";
    return options;
}

Bytes pixels_of(const Dataset& dataset, std::int64_t index) {
    SampleBuffer buffer;
    const augment::ImageView view = dataset.read(index, buffer);
    return {view.data, view.data + view.shape.bytes()};
}

Bytes idx_bytes(const std::vector<std::uint32_t>& dims, const Bytes& data) {
    Bytes bytes = {0, 0, 8, static_cast<std::uint8_t>(dims.size())};
    for (const std::uint32_t dim : dims) {
        for (const unsigned shift : {24U, 16U, 8U, 0U}) {
            bytes.push_back(static_cast<std::uint8_t>(dim >> shift));
        }
    }
    bytes.insert(bytes.end(), data.begin(), data.end());
    return bytes;
}

void write_gzip(const std::string& path, const Bytes& bytes) {
    fs::create_directories(fs::path(path).parent_path());
    const gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
}

using Write = std::function<void(const std::string&, const Bytes&)>;

void write_idx_pair(const std::string& prefix, const std::string& suffix, int count, const Write& write) {
    Bytes images;
    Bytes labels;
    for (int i = 0; i < count; ++i) {
        const Bytes pixels = make_pixels({4, 5, 1}, i);
        images.insert(images.end(), pixels.begin(), pixels.end());
        labels.push_back(static_cast<std::uint8_t>(i % 3));
    }
    const auto number = static_cast<std::uint32_t>(count);
    write(prefix + "-images-idx3-ubyte" + suffix, idx_bytes({number, 4, 5}, images));
    write(prefix + "-labels-idx1-ubyte" + suffix, idx_bytes({number}, labels));
}

void expect_idx_import(const TemporaryFolder& folder) {
    const ImportSummary summary = import_images(options_for(folder));
    EXPECT_EQ(summary.kind, "idx");
    EXPECT_EQ(summary.layout, Layout::raw);
    const Dataset train = Dataset::open(folder / "shards", "train");
    const Dataset test = Dataset::open(folder / "shards", "test");
    EXPECT_EQ(train.info().size, 7);
    EXPECT_EQ(test.info().size, 4);
    EXPECT_EQ(train.info().classes, (std::vector<std::string>{"0", "1", "2"}));
    EXPECT_EQ(test.labels(), (std::vector<std::int32_t>{0, 1, 2, 0}));
    EXPECT_EQ(pixels_of(train, 5), make_pixels({4, 5, 1}, 5));
    EXPECT_EQ(test.info().mean, train.info().mean);
}

/// root/<split>/<class>/…: six 10 x 8 colour images in train, two in test, as JPEG and PNG.
void write_tree(const TemporaryFolder& folder) {
    for (int i = 0; i < 6; ++i) {
        const std::string stem =
            folder / ("source/train/" + std::string(i % 2 == 0 ? "cat/" : "dog/") + std::to_string(i));
        if (i < 3) {
            write_bytes(stem + ".jpg", make_jpeg({10, 8, 3}, i));
        } else {
            write_bytes(stem + ".PNG", make_png({10, 8, 3}, i));
        }
    }
    write_bytes(folder / "source/test/cat/a.png", make_png({10, 8, 3}, 50));
    write_bytes(folder / "source/test/dog/b.png", make_png({10, 8, 3}, 51));
}

TEST(ImportIdx, ReadsPlainFiles) {
    const TemporaryFolder folder;
    write_idx_pair(folder / "source/train", "", 7, write_bytes);
    write_idx_pair(folder / "source/t10k", "", 4, write_bytes);
    expect_idx_import(folder);
}

TEST(ImportIdx, ReadsGzippedFiles) {
    const TemporaryFolder folder;
    write_idx_pair(folder / "source/train", ".gz", 7, write_gzip);
    write_idx_pair(folder / "source/t10k", ".gz", 4, write_gzip);
    expect_idx_import(folder);
}

TEST(ImportIdx, TakesClassNamesFromTheOptions) {
    const TemporaryFolder folder;
    write_idx_pair(folder / "source/train", "", 7, write_bytes);
    ImportOptions options = options_for(folder);
    options.classes = {"shirt", "shoe"};
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("names 2 classes, the images have 3"),
              std::string::npos);
    options.classes.emplace_back("bag");
    import_images(options);
    EXPECT_EQ(Dataset::open(folder / "shards", "train").info().classes, options.classes);
}

TEST(ImportIdx, HeaderThatClaimsTooMuchIsRefusedWithTheFile) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/train-images-idx3-ubyte", idx_bytes({60000, 28, 28}, Bytes(100)));
    const std::string message = message_of<DataError>([&] { import_images(options_for(folder)); });
    EXPECT_NE(message.find("train-images-idx3-ubyte: holds less than the 47040000 bytes"), std::string::npos)
        << message;
    write_bytes(folder / "source/train-images-idx3-ubyte", idx_bytes({0xFFFFFFFF, 60000, 60000}, Bytes(100)));
    EXPECT_THROW(import_images(options_for(folder)), DataError);
    EXPECT_FALSE(fs::exists(folder / "shards"));
}

TEST(ImportIdx, LabelCountMustMatch) {
    const TemporaryFolder folder;
    write_idx_pair(folder / "source/train", "", 7, write_bytes);
    write_bytes(folder / "source/train-labels-idx1-ubyte", idx_bytes({3}, {0, 1, 2}));
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("3 labels for 7 images"),
              std::string::npos);
}

Bytes cifar_records(int count, int seed) {
    Bytes bytes;
    for (int i = 0; i < count; ++i) {
        bytes.push_back(static_cast<std::uint8_t>((seed + i) % 10));
        const Bytes pixels = make_pixels({32, 32, 3}, seed + i);
        for (std::size_t c = 0; c < 3; ++c) {
            for (std::size_t p = 0; p < 1024; ++p) {
                bytes.push_back(pixels[3 * p + c]);
            }
        }
    }
    return bytes;
}

TEST(ImportCifar10, InterleavesThePlanes) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/cifar-10-batches-bin/data_batch_1.bin", cifar_records(4, 0));
    write_bytes(folder / "source/cifar-10-batches-bin/data_batch_2.bin", cifar_records(3, 4));
    write_bytes(folder / "source/cifar-10-batches-bin/test_batch.bin", cifar_records(2, 20));
    const ImportSummary summary = import_images(options_for(folder));
    EXPECT_EQ(summary.kind, "cifar10");
    const Dataset train = Dataset::open(folder / "shards", "train");
    ASSERT_EQ(train.info().size, 7);
    EXPECT_EQ(train.info().classes[3], "cat");
    EXPECT_EQ(train.labels()[6], 6);
    EXPECT_EQ(pixels_of(train, 6), make_pixels({32, 32, 3}, 6));
    EXPECT_EQ(Dataset::open(folder / "shards", "test").labels(), (std::vector<std::int32_t>{0, 1}));
}

TEST(ImportCifar10, CutFileIsRefused) {
    const TemporaryFolder folder;
    Bytes records = cifar_records(2, 0);
    records.pop_back();
    write_bytes(folder / "source/data_batch_1.bin", records);
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("not a multiple"),
              std::string::npos);
}

TEST(ImportFolder, SmallEqualImagesBecomeRaw) {
    const TemporaryFolder folder;
    write_tree(folder);
    write_bytes(folder / "source/train/cat/notes.txt", {'h', 'i'});
    const ImportSummary summary = import_images(options_for(folder));
    EXPECT_EQ(summary.kind, "folder");
    EXPECT_EQ(summary.layout, Layout::raw);
    EXPECT_EQ(summary.ignored, 1);
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
    const Statistics statistics = measure_statistics(Dataset::open(folder / "shards", "train"), 2);
    EXPECT_EQ(test.info().mean, statistics.mean);
    EXPECT_EQ(test.info().std, statistics.std);
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

TEST(ImportFolder, TestFractionDependsOnThePathAlone) {
    const TemporaryFolder folder;
    for (int i = 0; i < 40; ++i) {
        write_bytes(folder / ("source/cat/" + std::to_string(i) + ".png"), make_png({4, 4, 1}, i));
    }
    ImportOptions options = options_for(folder);
    options.test_fraction = 0.25;
    const ImportSummary few = import_images(options);
    ASSERT_EQ(few.splits.size(), 2U);
    EXPECT_EQ(few.splits[0].images + few.splits[1].images, 40);
    EXPECT_GT(few.splits[1].images, 2);
    EXPECT_LT(few.splits[1].images, 20);
    const Bytes first_test = pixels_of(Dataset::open(folder / "shards", "test"), 0);
    write_bytes(folder / "source/cat/zzz.png", make_png({4, 4, 1}, 99));
    options.overwrite = true;
    import_images(options);
    EXPECT_EQ(pixels_of(Dataset::open(folder / "shards", "test"), 0), first_test);
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

TEST(ImportFolder, ParentOfSplitsIsRefusedWithTheFolderMeant) {
    const TemporaryFolder folder;
    write_tree(folder);
    ImportOptions options = options_for(folder);
    options.source = folder / "";
    const std::string message = message_of<ConfigError>([&] { import_images(options); });
    EXPECT_NE(message.find("import " + (folder / "source") + " itself"), std::string::npos) << message;
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

TEST(Import, BytesDoNotDependOnThreads) {
    const TemporaryFolder folder;
    write_tree(folder);
    for (const std::string layout : {"raw", "encoded"}) {
        std::vector<std::string> contents;
        for (const int threads : {1, 3}) {
            ImportOptions options = options_for(folder);
            options.out = folder / (layout + std::to_string(threads));
            options.layout = layout;
            options.threads = threads;
            options.shard_bytes = 700;
            import_images(options);
            contents.push_back(testing::folder_content(options.out));
        }
        EXPECT_GT(contents[0].size(), 10000U);
        EXPECT_TRUE(contents[0] == contents[1]) << layout;
    }
}

TEST(Import, InterruptedImportLeavesNothingThatOpensAndCanBeRunAgain) {
    const TemporaryFolder folder;
    write_tree(folder);
    struct Interruption {};
    const auto interrupt = [](std::int64_t, std::int64_t) { throw Interruption(); };
    EXPECT_THROW(import_images(options_for(folder), interrupt), Interruption);
    EXPECT_FALSE(fs::exists(folder / "shards"));
    // A killed process cannot clean up: its leavings must not open, nor stand in the way.
    fs::create_directories(folder / "shards.importing");
    write_bytes(folder / "shards.importing/train-00000.h5", {1, 2, 3});
    EXPECT_THROW(Dataset::open(folder / "shards", "train"), Error);
    import_images(options_for(folder));
    EXPECT_EQ(Dataset::open(folder / "shards", "train").info().size, 6);
    EXPECT_FALSE(fs::exists(folder / "shards.importing"));
}

TEST(Import, ReplacesShardsOnlyWhenAsked) {
    const TemporaryFolder folder;
    write_tree(folder);
    ImportOptions options = options_for(folder);
    import_images(options);
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("--overwrite"), std::string::npos);
    options.overwrite = true;
    EXPECT_EQ(import_images(options).splits[0].images, 6);
}

TEST(Import, NeverReplacesOtherFiles) {
    const TemporaryFolder folder;
    write_tree(folder);
    write_bytes(folder / "shards/thesis.txt", {'x'});
    ImportOptions options = options_for(folder);
    options.overwrite = true;
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("thesis.txt"), std::string::npos);
    EXPECT_TRUE(fs::exists(folder / "shards/thesis.txt"));
}

TEST(Import, FolderWithoutImagesSaysWhatCanBeImported) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/readme.md", {'x'});
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("IDX files"), std::string::npos);
}

TEST(Import, ReportsProgressUpToTheLastImage) {
    const TemporaryFolder folder;
    write_tree(folder);
    std::pair<std::int64_t, std::int64_t> last;
    import_images(options_for(folder), [&](std::int64_t done, std::int64_t total) { last = {done, total}; });
    EXPECT_EQ(last, (std::pair<std::int64_t, std::int64_t>{8, 8}));
}

} // namespace
} // namespace tacit::shards
