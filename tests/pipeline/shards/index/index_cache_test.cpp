// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/index/index_cache.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/format/shard_index.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace tacit::shards {
namespace {

using namespace std::chrono_literals;
using testing::pixels_of;
using testing::spec_of;
using testing::write_foreign;

namespace fs = std::filesystem;

constexpr std::chrono::nanoseconds kAlways{0};

/// Files that changed just now are not kept.
void settle(const std::string& path, std::chrono::seconds age = 3600s) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - age);
}

/// A file of 1,200 images that an index is kept of, with its spec.
DataSpec write_many(const TemporaryFolder& folder, const char* name = "a.h5") {
    write_foreign(folder / name, "images", {1200, 2, 2, 1}, "labels", true);
    settle(folder / name);
    return spec_of(folder / name);
}

FileIndex index_again(const DataSpec& spec) {
    return cached_index(spec.path, spec, "train", kAlways);
}

/// Destroys all that libhdf5 would read beyond the first 2 KiB, and hides it: size and times stay. What a kept index
/// leads to (the pixels) stays too.
void destroy_metadata(const std::string& path, const StoredChunk& pixels) {
    const auto time = fs::last_write_time(path);
    std::string bytes = read_file(path);
    std::fill(bytes.begin() + 2048, bytes.begin() + static_cast<long>(pixels.address), 'x');
    std::fill(bytes.begin() + static_cast<long>(pixels.address + pixels.bytes), bytes.end(), 'x');
    testing::write_bytes(path, {bytes.begin(), bytes.end()});
    fs::last_write_time(path, time);
}

std::size_t kept_in(const std::string& folder) {
    const auto kept = [](const fs::directory_entry& entry) { return entry.path().extension() == ".tacit-index"; };
    return static_cast<std::size_t>(std::count_if(fs::directory_iterator(folder), fs::directory_iterator(), kept));
}

/// Whether the kept index of a file serves after `change(path)`, when the file itself tells nothing any more.
template <class Change> bool serves_after(const Change& change) {
    const TemporaryFolder folder;
    const DataSpec spec = write_many(folder);
    const FileIndex first = index_again(spec);
    destroy_metadata(spec.path, first.parts[0].array->chunks[0]);
    change(spec.path);
    try {
        return index_again(spec).labels == first.labels;
    } catch (const Error&) {
        return false;
    }
}

TEST(IndexCache, KeepsWhatIsSaidOfOtherLabels) {
    const TemporaryFolder folder;
    write_foreign(folder / "a.h5", "images", {1200, 2, 2, 1}, "fine_labels", true);
    settle(folder / "a.h5");
    const DataSpec spec = spec_of(folder / "a.h5");
    const FileIndex first = index_again(spec);
    ASSERT_TRUE(first.classes.empty());
    EXPECT_NE(first.open_labels.find("without labels, which may be 'fine_labels' (3 classes)"), std::string::npos);
    destroy_metadata(spec.path, first.parts[0].array->chunks[0]); // which nobody lists again
    EXPECT_EQ(index_again(spec).open_labels, first.open_labels);
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(Dataset::open(spec, "train").info().size, 1200);
    EXPECT_NE(::testing::internal::GetCapturedStderr().find(first.open_labels), std::string::npos);
}

TEST(IndexCache, SecondOpeningAsksNotTheLibrary) {
    const TemporaryFolder folder;
    const DataSpec spec = write_many(folder);
    const FileIndex first = index_again(spec);
    ASSERT_TRUE(fs::exists(index_cache_path(spec.path, spec, "train")));
    destroy_metadata(spec.path, first.parts[0].array->chunks[0]);
    const FileIndex second = index_again(spec);
    EXPECT_EQ(second.labels, first.labels);
    EXPECT_EQ(second.path, first.path);
    EXPECT_EQ(pixels_of(Dataset({spec.path, "train", {second}}), 5), (std::vector<std::uint8_t>{20, 21, 22, 23}));
}

TEST(IndexCache, DatasetUsesItUnlessToldNotTo) {
    const TemporaryFolder folder;
    DataSpec spec = write_many(folder);
    index_again(spec);
    const std::string place = index_cache_path(spec.path, spec, "train");
    const auto time = fs::last_write_time(place);
    destroy_metadata(spec.path, index_again(spec).parts[0].array->chunks[0]);
    EXPECT_EQ(Dataset::open(spec, "train").labels()[1], 1);
    spec.index_cache = false;
    bool same = false;
    try {
        same = Dataset::open(spec, "train").labels()[1] == 1;
    } catch (const Error&) {
        same = false;
    }
    EXPECT_FALSE(same);
    EXPECT_EQ(fs::last_write_time(place), time);
}

TEST(IndexCache, ChangedTimeSizeOrStartIsIndexedAnew) {
    EXPECT_TRUE(serves_after([](const std::string&) {}));
    EXPECT_FALSE(
        serves_after([](const std::string& path) { fs::last_write_time(path, fs::last_write_time(path) + 1us); }));
    EXPECT_FALSE(serves_after([](const std::string& path) {
        const auto time = fs::last_write_time(path);
        fs::resize_file(path, fs::file_size(path) + 1);
        fs::last_write_time(path, time);
    }));
    EXPECT_FALSE(serves_after([](const std::string& path) {
        const auto time = fs::last_write_time(path);
        std::string bytes = read_file(path);
        bytes[2000] = static_cast<char>(~bytes[2000]);
        testing::write_bytes(path, {bytes.begin(), bytes.end()});
        fs::last_write_time(path, time);
    }));
}

TEST(IndexCache, FreshFileIsNotKept) {
    const TemporaryFolder folder;
    const DataSpec spec = write_many(folder);
    settle(spec.path, 0s);
    index_again(spec);
    EXPECT_EQ(kept_in(folder.path()), 0U);
}

TEST(IndexCache, SmallOrQuickIndexLeavesNothing) {
    const TemporaryFolder folder;
    write_foreign(folder / "small.h5", "images", {10, 2, 2, 1}, "labels", true);
    settle(folder / "small.h5");
    index_again(spec_of(folder / "small.h5"));
    const DataSpec spec = write_many(folder);
    cached_index(spec.path, spec, "train", 1h);
    EXPECT_EQ(kept_in(folder.path()), 0U);
}

TEST(IndexCache, ShardsOfOurOwnAreNotKept) {
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "train", {2, 2, 1}, 1200, 2);
    settle(folder / "train-00000.h5");
    const DataSpec spec = spec_of(folder / "train-00000.h5");
    EXPECT_EQ(index_again(spec).format, "tacit");
    EXPECT_EQ(kept_in(folder.path()), 0U);
}

TEST(IndexCache, EverySpecAndSplitHasItsOwn) {
    const TemporaryFolder folder;
    const DataSpec plain = write_many(folder);
    index_again(plain);
    DataSpec other = plain;
    other.labels = "none";
    EXPECT_EQ(index_again(other).labels[1], -1);
    EXPECT_EQ(index_again(plain).labels[1], 1);
    DataSpec turned = plain;
    turned.axes = "NWH1";
    EXPECT_EQ(index_again(turned).parts[0].axes, "NWH1");
    EXPECT_EQ(index_again(plain).parts[0].axes, "NHWC");
    DataSpec ranged = plain;
    ranged.range = {0, 100};
    EXPECT_EQ(index_again(ranged).value_range, (std::vector<double>{0, 100}));
    EXPECT_EQ(index_again(plain).value_range, (std::vector<double>{0, 255}));
    EXPECT_THROW(cached_index(plain.path, plain, "test", kAlways), DataError);
    EXPECT_EQ(kept_in(folder.path()), 4U);
}

TEST(IndexCache, EntryUnderAnotherNameIsNotServed) {
    const TemporaryFolder folder;
    const DataSpec plain = write_many(folder);
    index_again(plain);
    DataSpec other = plain;
    other.labels = "none";
    fs::copy_file(index_cache_path(plain.path, plain, "train"), index_cache_path(plain.path, other, "train"));
    EXPECT_EQ(index_again(other).labels[1], -1);
}

TEST(IndexCache, DamagedOneIsWrittenAnew) {
    const TemporaryFolder folder;
    const DataSpec spec = write_many(folder);
    const FileIndex first = index_again(spec);
    const std::string place = index_cache_path(spec.path, spec, "train");
    const std::string whole = read_file(place);
    for (const std::size_t at : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
        std::string flipped = whole;
        flipped[at] = static_cast<char>(~flipped[at]);
        testing::write_bytes(place, {flipped.begin(), flipped.end()});
        EXPECT_EQ(index_again(spec).labels, first.labels);
        EXPECT_EQ(read_file(place), whole);
    }
    testing::write_bytes(place, {});
    EXPECT_EQ(index_again(spec).labels, first.labels);
}

TEST(IndexCache, FolderThatCannotBeWrittenIsNoError) {
    const TemporaryFolder folder;
    const DataSpec spec = write_many(folder);
    fs::create_directories(index_cache_path(spec.path, spec, "train")); // no file can take this place
    EXPECT_EQ(index_again(spec).count, 1200);
    EXPECT_EQ(index_again(spec).count, 1200);
    const auto left = std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator());
    EXPECT_EQ(left, 2) << "a temporary file stayed";
}

TEST(IndexCache, ChangedLabelFileIsNoticed) {
    const TemporaryFolder folder;
    DataSpec spec = write_many(folder);
    std::string csv = "id,kind\n";
    for (int i = 0; i < 1200; ++i) {
        csv += std::to_string(i) + (i % 2 == 0 ? ",cat\n" : ",dog\n");
    }
    testing::write_bytes(folder / "labels.csv", {csv.begin(), csv.end()});
    settle(folder / "labels.csv");
    spec.labels = "labels.csv:kind";
    EXPECT_EQ(index_again(spec).classes, (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(kept_in(folder.path()), 1U);
    csv.replace(csv.find("cat"), 3, "cow");
    testing::write_bytes(folder / "labels.csv", {csv.begin(), csv.end()});
    settle(folder / "labels.csv", 1800s);
    EXPECT_EQ(index_again(spec).classes, (std::vector<std::string>{"cat", "cow", "dog"}));
}

TEST(IndexCache, ChangedFileBehindALinkIsNoticed) {
    const TemporaryFolder folder;
    const DataSpec target = write_many(folder, "target.h5");
    {
        const h5::Session session;
        const h5::Handle file(H5Fcreate((folder / "link.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
        H5Lcreate_external("target.h5", "images", file.get(), "images", H5P_DEFAULT, H5P_DEFAULT);
    }
    settle(folder / "link.h5");
    const DataSpec spec = spec_of(folder / "link.h5");
    index_again(spec);
    EXPECT_EQ(kept_in(folder.path()), 1U);
    write_foreign(target.path, "images", {1300, 2, 2, 1}, "labels", true);
    settle(target.path, 1800s);
    EXPECT_EQ(index_again(spec).count, 1300);
    fs::remove(target.path);
    EXPECT_THROW(index_again(spec), Error);
}

TEST(IndexCache, MovedFolderReadsItsOwnFiles) {
    const TemporaryFolder folder;
    fs::create_directories(folder / "old");
    const DataSpec target = write_many(folder, "old/target.h5");
    {
        const h5::Session session;
        const h5::Handle file(H5Fcreate((folder / "old/link.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
        H5Lcreate_external("target.h5", "images", file.get(), "images", H5P_DEFAULT, H5P_DEFAULT);
    }
    settle(folder / "old/link.h5");
    index_again(spec_of(folder / "old/link.h5"));
    fs::rename(folder / "old", folder / "new");
    const DataSpec spec = spec_of(folder / "new/link.h5");
    const FileIndex moved = index_again(spec);
    EXPECT_EQ(moved.path, folder / "new/link.h5");
    EXPECT_EQ(moved.parts[0].array->path, fs::canonical(folder / "new/target.h5").string());
}

TEST(IndexCache, ForgedOneDoesNotLeadOutOfTheFolder) {
    const TemporaryFolder folder;
    fs::create_directories(folder / "data");
    write_many(folder, "secret.h5");
    {
        const h5::Session session;
        const h5::Handle file(H5Fcreate((folder / "data/link.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
        H5Lcreate_external("../secret.h5", "images", file.get(), "images", H5P_DEFAULT, H5P_DEFAULT);
    }
    settle(folder / "data/link.h5");
    DataSpec allowed = spec_of(folder / "data/link.h5");
    allowed.roots = {folder.path()};
    index_again(allowed);
    ASSERT_EQ(kept_in(folder / "data"), 1U);
    const DataSpec refused = spec_of(folder / "data/link.h5");
    fs::copy_file(index_cache_path(allowed.path, allowed, "train"), index_cache_path(refused.path, refused, "train"));
    EXPECT_NE(message_of<DataError>([&] { index_again(refused); }).find("data.roots"), std::string::npos);
}

} // namespace
} // namespace tacit::shards
