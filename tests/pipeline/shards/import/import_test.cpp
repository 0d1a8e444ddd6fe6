// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/import.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using namespace tacit::testing; // NOLINT(google-build-using-namespace)

TEST(Import, BytesDoNotDependOnThreads) {
    const TemporaryFolder folder;
    write_tree(folder);
    for (const std::string layout : {"raw", "encoded"}) {
        std::vector<std::string> contents;
        for (const int threads : {1, 2, 3}) {
            ImportOptions options = options_for(folder);
            options.out = folder / (layout + std::to_string(threads));
            options.layout = layout;
            options.threads = threads;
            options.shard_bytes = 700;
            import_images(options);
            contents.push_back(folder_content(options.out));
        }
        EXPECT_GT(contents[0].size(), 10000U);
        EXPECT_EQ(sha256_of(contents[0]), sha256_of(contents[1])) << layout;
        EXPECT_EQ(sha256_of(contents[0]), sha256_of(contents[2])) << layout;
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
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("stl10, npz"), std::string::npos);
}

TEST(Import, ReportsProgressUpToTheLastImage) {
    const TemporaryFolder folder;
    write_tree(folder);
    std::pair<std::int64_t, std::int64_t> last;
    import_images(options_for(folder), [&](std::int64_t done, std::int64_t total) { last = {done, total}; });
    EXPECT_EQ(last, (std::pair<std::int64_t, std::int64_t>{8, 8}));
}

TEST(Import, UnknownKindsGetTheNearestOne) {
    const TemporaryFolder folder;
    write_tree(folder);
    ImportOptions options = options_for(folder);
    options.kind = "webdatset";
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("did you mean 'webdataset'"),
              std::string::npos);
    options.kind = "stl10";
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("holds no stl10 images"), std::string::npos);
}

TEST(Import, EveryKindIsDescribedInOneLine) {
    EXPECT_EQ(source_kinds().size(), 9U);
    for (const SourceKind& kind : source_kinds()) {
        EXPECT_GT(kind.description.size(), 20U) << kind.name;
        EXPECT_EQ(kind.description.find('\n'), std::string::npos) << kind.name;
    }
}

} // namespace
} // namespace tacit::shards
