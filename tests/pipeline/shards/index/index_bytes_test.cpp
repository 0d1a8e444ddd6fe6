// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/index/index_bytes.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

using testing::make_png;
using testing::pixels_of;
using testing::write_foreign;

DatasetIndex index_of_two_images(const TemporaryFolder& folder) {
    write_foreign(folder / "a.h5", "images", {2, 4, 4, 3}, "y", true);
    DataSpec spec;
    spec.path = folder / "a.h5";
    return index_dataset(spec, "train");
}

TEST(IndexBytes, DamagedOnesAreRefused) {
    const TemporaryFolder folder;
    write_foreign(folder / "a.h5", "images", {2, 4, 4, 3}, "y", true);
    DataSpec spec;
    spec.path = folder / "a.h5";
    const std::string bytes = bytes_of_index(index_dataset(spec, "train"));
    EXPECT_EQ(pixels_of(Dataset(index_of_bytes(bytes)), 1), pixels_of(Dataset::open(spec, "train"), 1));
    for (std::size_t place = 0; place < bytes.size(); place += 7) {
        std::string flipped = bytes;
        flipped[place] = static_cast<char>(~flipped[place]);
        EXPECT_THROW(index_of_bytes(flipped), DataError) << place;
    }
    EXPECT_THROW(index_of_bytes(bytes.substr(0, bytes.size() / 2)), DataError);
    EXPECT_THROW(index_of_bytes(""), DataError);
}

/// What index_of_bytes() says of an index that was changed before it was written.
template <class Change> std::string refusal(const Change& change) {
    const TemporaryFolder folder;
    DatasetIndex index = index_of_two_images(folder);
    change(index.files.at(0));
    return message_of<DataError>([&] { index_of_bytes(bytes_of_index(index)); });
}

TEST(IndexBytes, WhatDoesNotFitTogetherIsRefused) {
    EXPECT_NE(refusal([](FileIndex& file) { file.count = 3; }).find("counts"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.parts.clear(); }).find("counts"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.parts[0].first_row = 1; }).find("labels"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.parts[0].count = -1; }).find("counts"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.labels[1] = 3; }).find("labels"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.checksums = {1}; }).find("checksums"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.shape.channels = 4; }).find("shapes"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.element = Element::u16; }).find("types"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.element = static_cast<Element>(77); }).find("shapes"),
              std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.value_range = {1, 0}; }).find("ranges"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.parts[0].axes = "NHQ"; }).find("no order of axes"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.parts[0].array->chunk[0] = 0; }).find("chunks"), std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.parts[0].array->chunks.pop_back(); }).find("chunks"),
              std::string::npos);
    EXPECT_NE(refusal([](FileIndex& file) { file.parts[0].items = ImageItems{}; }).find("parts"), std::string::npos);
}

TEST(IndexBytes, ChunksOutsideOfTheFileAreRefusedOnOpening) {
    const TemporaryFolder folder;
    DatasetIndex index = index_of_two_images(folder);
    index.files[0].parts[0].array->chunks[0].address = std::uint64_t{1} << 62U;
    const std::string message = message_of<DataError>([&] { Dataset opened(index_of_bytes(bytes_of_index(index))); });
    EXPECT_NE(message.find("a.h5: images: claims a chunk of 96 bytes"), std::string::npos) << message;
}

TEST(IndexBytes, EveryFieldIsKept) {
    StoredArray array{"a.h5",
                      "x",
                      StoredArray::Layout::chunked,
                      "why",
                      Element::i16,
                      2,
                      true,
                      {3, 5, 7},
                      11,
                      {1, 5, 7},
                      {{1, {4}}, {2, {}}},
                      {{100, 20, 1}, {kNoAddress, 0, 0}, {130, 9, 0}},
                      {5, 6}};
    ImageItems items{"b.h5", "y", {10, 30}, {20, 25}, {{2, 5, 1}, {5, 5, 1}}, Element::i16, true};
    FileIndex file{"a.h5",
                   "train",
                   "somewhere",
                   "hdf5",
                   5,
                   9,
                   {5, 7, 1},
                   Element::i16,
                   {-3, 4},
                   {},
                   {0, 1, -1, 0, 1},
                   {1, 0, 1, 1, 0},
                   {1, 2, 3, 4, 5},
                   {"a", "b"},
                   {0, 1, 0, 0, 1},
                   {"train", "test"},
                   {0.25},
                   {0.5},
                   "may be 'y'",
                   {"meta is left out"},
                   {"may be", "labels", {{"y", true, {{"a", "0"}, {"b", ""}}}}},
                   {"c.csv"}};
    file.parts.push_back({array, "NHW", 0, 3, std::nullopt, 0});
    file.parts.push_back({std::nullopt, "", 0, 2, items, 3});
    const DatasetIndex index{"folder", "train", {file}};
    const DatasetIndex got = index_of_bytes(bytes_of_index(index));
    EXPECT_EQ(bytes_of_index(got), bytes_of_index(index));
    const FileIndex& back = got.files.at(0);
    EXPECT_EQ(back.parts[0].array->chunks[2].address, 130U);
    EXPECT_EQ(back.parts[0].array->filters[0].values, std::vector<std::uint32_t>{4});
    EXPECT_EQ(back.parts[0].array->reason, "why");
    EXPECT_EQ(back.parts[1].items->bytes, (std::vector<std::uint64_t>{20, 25}));
    EXPECT_EQ(back.parts[1].first_row, 3);
    EXPECT_EQ(back.open_labels, "may be 'y'");
    EXPECT_EQ(back.notes, std::vector<std::string>{"meta is left out"});
    EXPECT_EQ(back.rivals.taken, "labels");
    EXPECT_EQ(back.rivals.others.at(0).pairs, (std::vector<ClassPair>{{"a", "0"}, {"b", ""}}));
    EXPECT_EQ(back.reached, std::vector<std::string>{"c.csv"});
    EXPECT_EQ(back.std, std::vector<double>{0.5});
    EXPECT_EQ(back.total, 9);
}

} // namespace
} // namespace tacit::shards
