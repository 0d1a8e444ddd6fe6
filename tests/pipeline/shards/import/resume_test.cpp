// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using namespace tacit::testing; // NOLINT(google-build-using-namespace)

/// One float array whose shards hold two images each: sums in fp64 show any change of order.
ImportOptions float_options(const TemporaryFolder& folder) {
    ImportOptions options = options_for(folder);
    options.path = import_fixture("arrays/nhwc-f4.npy");
    options.shard_bytes = 2 * 105 * 4;
    return options;
}

ImportOptions tree_options(const TemporaryFolder& folder) {
    write_tree(folder);
    ImportOptions options = options_for(folder);
    options.layout = "encoded";
    options.shard_bytes = 900;
    return options;
}

std::string digest_of_uninterrupted(ImportOptions options) {
    options.out += "-whole";
    fs::remove_all(options.out);
    import_images(options);
    return sha256_of(folder_content(options.out));
}

/// Runs the import in a process of its own that ends, as by kill -9, when it asks for the `polls`-th time whether to
/// stop: before each image, after each shard and after each sealing. Returns whether it was killed.
bool import_and_die(const ImportOptions& options, int polls) {
    const pid_t child = fork();
    if (child == 0) {
        ImportOptions dying = options;
        dying.stop = [&polls] {
            if (--polls == 0) {
                raise(SIGKILL);
            }
            return false;
        };
        import_images(dying);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

void forget(const ImportOptions& options) {
    fs::remove_all(options.out);
    fs::remove_all(options.out + ".importing");
}

/// Kills an import at each of its polls in turn, changes what it left by `change`, and goes on. Returns how many of
/// them took something over.
int expect_same_after_kills(const ImportOptions& options, const std::function<void(const std::string&)>& change) {
    const std::string whole = digest_of_uninterrupted(options);
    int resumed = 0;
    for (int polls = 1;; ++polls) {
        forget(options);
        if (!import_and_die(options, polls)) {
            return resumed;
        }
        change(options.out + ".importing/journal");
        const ImportSummary summary = import_images(options);
        resumed += summary.resumed > 0 ? 1 : 0;
        EXPECT_EQ(sha256_of(folder_content(options.out)), whole) << "killed at poll " << polls;
        EXPECT_FALSE(fs::exists(options.out + ".importing"));
    }
}

void leave(const std::string& /*journal*/) {}

/// The last line lost, half of it there: the import died while, or right before, it wrote that line.
void tear_last_line(const std::string& journal) {
    Bytes bytes = read_bytes(journal);
    bytes.pop_back();
    const auto begin = std::find(bytes.rbegin(), bytes.rend(), '\n').base();
    bytes.erase(begin + (bytes.end() - begin) / 2, bytes.end());
    write_bytes(journal, bytes);
}

TEST(ImportResume, KilledAnywhereItEndsWithTheSameBytes) {
    const TemporaryFolder folder;
    EXPECT_GT(expect_same_after_kills(float_options(folder), leave), 5);
    EXPECT_GT(expect_same_after_kills(tree_options(folder), leave), 8);
}

TEST(ImportResume, ATornLineOfTheJournalCostsThatShardAlone) {
    const TemporaryFolder folder;
    EXPECT_GT(expect_same_after_kills(float_options(folder), tear_last_line), 4);
    EXPECT_GT(expect_same_after_kills(tree_options(folder), tear_last_line), 6);
}

TEST(ImportResume, KeepsWhatWasSkipped) {
    const TemporaryFolder folder;
    ImportOptions options = tree_options(folder);
    write_bytes(folder / "source/train/cat/0bad.png", {'x'});
    options.skip_bad = true;
    ImportOptions whole = options;
    whole.out += "-whole";
    const ImportSummary uninterrupted = import_images(whole);
    for (int polls = 1; import_and_die(options, polls); ++polls) {
        const ImportSummary summary = import_images(options);
        EXPECT_EQ(summary.skipped, uninterrupted.skipped) << polls;
        EXPECT_EQ(summary.bytes, uninterrupted.bytes) << polls;
        EXPECT_EQ(summary.mean, uninterrupted.mean) << polls;
        forget(options);
    }
    EXPECT_EQ(uninterrupted.skipped.size(), 1U);
}

/// Kills an import in its middle.
void interrupt(const ImportOptions& options) {
    forget(options);
    ASSERT_TRUE(import_and_die(options, 8));
    ASSERT_TRUE(fs::exists(options.out + ".importing/train-00000.h5"));
}

std::string notice_of(ImportOptions options) {
    std::string said;
    options.notice = [&](const std::string& line) { said += line; };
    EXPECT_EQ(import_images(options).resumed, 0);
    return said;
}

TEST(ImportResume, StartsOverAndSaysSoWhenTheSourceOrTheOptionsChanged) {
    const TemporaryFolder folder;
    ImportOptions options = tree_options(folder);
    interrupt(options);
    write_bytes(folder / "source/train/cat/0.jpg", make_jpeg({10, 8, 3}, 77));
    EXPECT_NE(notice_of(options).find("its options or its source are not the same; starting over"), std::string::npos);
    interrupt(options);
    options.shard_bytes = 1000;
    EXPECT_NE(notice_of(options).find("starting over"), std::string::npos);
    EXPECT_EQ(sha256_of(folder_content(options.out)), digest_of_uninterrupted(options));
}

TEST(ImportResume, StartsOverWhenTheJournalIsDamagedOrMissing) {
    const TemporaryFolder folder;
    const ImportOptions options = tree_options(folder);
    const std::string whole = digest_of_uninterrupted(options);
    const std::string journal = options.out + ".importing/journal";
    interrupt(options);
    Bytes bytes = read_bytes(journal);
    bytes[bytes.size() / 2] ^= 0x40U;
    bytes[3] ^= 0x40U;
    write_bytes(journal, bytes);
    EXPECT_NE(notice_of(options).find("its journal is damaged"), std::string::npos);
    EXPECT_EQ(sha256_of(folder_content(options.out)), whole);
    interrupt(options);
    fs::remove(journal);
    EXPECT_NE(notice_of(options).find("it left no journal"), std::string::npos);
    EXPECT_EQ(sha256_of(folder_content(options.out)), whole);
}

TEST(ImportResume, ShardsThatWereTouchedAreWrittenAgain) {
    const TemporaryFolder folder;
    const ImportOptions options = tree_options(folder);
    const std::string whole = digest_of_uninterrupted(options);
    interrupt(options);
    write_bytes(options.out + ".importing/train-00000.h5", {1, 2, 3});
    EXPECT_GT(import_images(options).resumed, 0);
    EXPECT_EQ(sha256_of(folder_content(options.out)), whole);
}

TEST(ImportResume, AStoppedImportSaysThatTheSameCommandGoesOn) {
    const TemporaryFolder folder;
    ImportOptions options = tree_options(folder);
    int polls = 0;
    options.stop = [&] { return ++polls == 8; };
    try {
        import_images(options);
        FAIL() << "was not stopped";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::requeue);
        EXPECT_NE(std::string(error.what()).find("of 8 images; the same command goes on after the"), std::string::npos)
            << error.what();
    }
    std::pair<std::int64_t, std::int64_t> last;
    options.stop = nullptr;
    const ImportSummary summary = import_images(options, [&](std::int64_t done, std::int64_t total) {
        last = {done, total};
    });
    EXPECT_GT(summary.resumed, 0);
    EXPECT_EQ(last, (std::pair<std::int64_t, std::int64_t>{8, 8}));
}

TEST(ImportResume, AnImportWithoutAWholeShardLeavesNothing) {
    const TemporaryFolder folder;
    ImportOptions options = tree_options(folder);
    options.stop = [] { return true; };
    EXPECT_NE(message_of<Error>([&] { import_images(options); }).find("the same command starts over"),
              std::string::npos);
    EXPECT_FALSE(fs::exists(options.out + ".importing"));
}

} // namespace
} // namespace tacit::shards
