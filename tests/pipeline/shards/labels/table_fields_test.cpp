// SPDX-License-Identifier: Apache-2.0
// Labels that are a field of a table (compound type).
#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/reading_fixtures.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace tacit::shards {
namespace {

using testing::Hdf5File;

using Bytes = std::vector<std::uint8_t>;
using Names = std::vector<std::string>;
using Numbers = std::vector<std::int32_t>;

constexpr hsize_t kRows = 4;

/// A record of an i32 and a value of another type.
template <class Value> struct Record {
    std::int32_t id;
    Value value;
};

h5::Handle table_type(const std::array<const char*, 2>& fields, std::size_t place, hid_t second, std::size_t bytes) {
    h5::Handle type(H5Tcreate(H5T_COMPOUND, bytes));
    H5Tinsert(type.get(), fields[0], 0, H5T_NATIVE_INT32);
    H5Tinsert(type.get(), fields[1], place, second);
    return type;
}

/// Four images and a table `name` of as many records, contiguous or under a filter that libhdf5 lacks.
template <class Value>
void write_table(const std::string& path, const std::string& name, const std::array<const char*, 2>& fields,
                 hid_t second, const std::vector<Record<Value>>& rows, bool lzf = false,
                 const std::vector<hsize_t>& shape = {kRows}) {
    const Hdf5File file(path);
    add<std::uint8_t>(file, "images", {kRows, 8, 8, 3}, 251);
    const h5::Handle type = table_type(fields, offsetof(Record<Value>, value), second, sizeof(Record<Value>));
    if (lzf) {
        Bytes bytes(rows.size() * sizeof(rows[0]));
        std::memcpy(bytes.data(), rows.data(), bytes.size());
        file.add_lzf(name, type.get(), kRows, bytes);
    } else {
        file.add(name, type.get(), shape, rows.data(), {});
    }
}

Dataset opened(const std::string& path, const std::string& labels = "") {
    return Dataset::open(spec_of(path, "", labels), "train");
}

std::string refusal_of(const std::string& path) {
    return message_of<DataError>([&] { opened(path, "labels"); });
}

h5::Handle text_of(std::size_t bytes) {
    h5::Handle text(H5Tcopy(H5T_C_S1));
    H5Tset_size(text.get(), bytes);
    return text;
}

const std::vector<Record<std::int32_t>> kWhole = {{7, 2}, {8, 0}, {9, 2}, {7, 1}};
const std::vector<Record<std::array<char, 4>>> kTexts = {{7, {"dog"}}, {8, {"cat"}}, {9, {"dog"}}, {7, {"cat"}}};

TEST(TableFields, OneThatIsNamedLikeLabelsIsRead) {
    const TemporaryFolder folder;
    write_table(folder / "a.h5", "labels", {"id", "class"}, H5T_NATIVE_INT32, kWhole);
    EXPECT_EQ(opened(folder / "a.h5").labels(), (Numbers{2, 0, 2, 1}));
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes,
                         "labels: holds the labels in its field 'class' (of 'id', 'class')"));
    write_table(folder / "b.h5", "labels", {"id", "label"}, text_of(4).get(), kTexts);
    EXPECT_EQ(opened(folder / "b.h5").labels(), (Numbers{1, 0, 1, 0}));
    EXPECT_EQ(opened(folder / "b.h5").info().classes, (Names{"cat", "dog"}));
    const std::vector<Record<std::int32_t>> few = {{7, 1}, {8, 0}, {9, 1}, {7, 1}};
    write_table(folder / "c.h5", "meta", {"id", "label"}, H5T_NATIVE_INT32, few);
    EXPECT_EQ(inspect(folder / "c.h5", kWithoutMeasuring).notes,
              (Names{"other labels that data.labels may name: 'meta' (2 classes)"}));
    EXPECT_EQ(opened(folder / "c.h5", "meta").labels(), (Numbers{1, 0, 1, 1}));
}

TEST(TableFields, AreReadAtOnceUnderAFilterThatLibhdf5Lacks) {
    const TemporaryFolder folder;
    write_table(folder / "a.h5", "labels", {"id", "label"}, H5T_NATIVE_INT32, kWhole, true);
    EXPECT_EQ(opened(folder / "a.h5").labels(), (Numbers{2, 0, 2, 1}));
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes, "holds the labels in its field 'label'"));
    write_table(folder / "b.h5", "labels", {"id", "label"}, text_of(4).get(), kTexts, true);
    EXPECT_EQ(opened(folder / "b.h5").info().classes, (Names{"cat", "dog"}));
    EXPECT_EQ(opened(folder / "b.h5").labels(), (Numbers{1, 0, 1, 0}));
    write_table<std::int8_t>(folder / "c.h5", "meta", {"id", "label"}, H5T_NATIVE_INT8,
                             {{7, 1}, {8, 0}, {9, 1}, {7, 1}}, true);
    EXPECT_TRUE(mentions(inspect(folder / "c.h5", kWithoutMeasuring).notes, "'meta' (2 classes)"));
    EXPECT_EQ(opened(folder / "c.h5", "meta").labels(), (Numbers{1, 0, 1, 1}));
}

TEST(TableFields, MayBeEnumerationsOrFloatsAndStandInOneColumn) {
    const TemporaryFolder folder;
    const h5::Handle kinds(H5Tenum_create(H5T_STD_I8LE));
    for (const auto& [name, value] : {std::pair<const char*, std::int8_t>{"wren", 0}, {"moth", 1}, {"ant", 2}}) {
        H5Tenum_insert(kinds.get(), name, &value);
    }
    for (const bool lzf : {false, true}) {
        write_table<std::int8_t>(folder / "a.h5", "labels", {"id", "label"}, kinds.get(),
                                 {{7, 2}, {8, 0}, {9, 2}, {7, 1}}, lzf);
        EXPECT_EQ(opened(folder / "a.h5").labels(), (Numbers{2, 0, 2, 1}));
        EXPECT_EQ(opened(folder / "a.h5").info().classes, (Names{"wren", "moth", "ant"}));
        write_table<float>(folder / "b.h5", "labels", {"id", "label"}, H5T_NATIVE_FLOAT,
                           {{7, 2}, {8, -1}, {9, 2}, {7, 1}}, lzf);
        EXPECT_EQ(opened(folder / "b.h5").labels(), (Numbers{2, -1, 2, 1}));
    }
    write_table(folder / "c.h5", "labels", {"id", "label"}, H5T_NATIVE_INT32, kWhole, false, {kRows, 1});
    EXPECT_EQ(opened(folder / "c.h5").labels(), (Numbers{2, 0, 2, 1}));
    write_table<float>(folder / "d.h5", "labels", {"id", "label"}, H5T_NATIVE_FLOAT,
                       {{7, 2}, {8, 0.5}, {9, 2}, {7, 1}});
    EXPECT_NE(refusal_of(folder / "d.h5").find("labels: image 1 has the value 0.5, which is no class number"),
              std::string::npos)
        << refusal_of(folder / "d.h5");
}

TEST(TableFields, OtherThanOneNamedLikeLabelsAreRefusedOrNamed) {
    const TemporaryFolder folder;
    write_table(folder / "a.h5", "labels", {"label", "class"}, H5T_NATIVE_INT32, kWhole);
    const std::string why = "labels: is a table with the fields 'label', 'class'; write the one that is meant";
    EXPECT_NE(refusal_of(folder / "a.h5").find(why), std::string::npos) << refusal_of(folder / "a.h5");
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    EXPECT_TRUE(mentions(found.notes, "is a table with the fields 'label', 'class'"));
    EXPECT_EQ(parsed(found.data_section).spec.labels, "none");
    write_table(folder / "b.h5", "points", {"x", "y"}, H5T_NATIVE_INT32, kWhole);
    EXPECT_TRUE(mentions(inspect(folder / "b.h5", kWithoutMeasuring).notes,
                         "'points' (one of its fields, once a data set of its own)"));
}

TEST(TableFields, OfTextsOfAnyLengthTablesOrListsAreRefused) {
    const TemporaryFolder folder;
    const std::vector<Record<const char*>> texts = {{7, "dog"}, {8, "cat"}, {9, "dog"}, {7, "cat"}};
    write_table(folder / "a.h5", "labels", {"id", "label"}, text_of(H5T_VARIABLE).get(), texts);
    const h5::Handle pair = table_type({"label", "b"}, sizeof(std::int32_t), H5T_NATIVE_INT32, sizeof(kWhole[0]));
    const hsize_t two = 2;
    const h5::Handle list(H5Tarray_create2(H5T_NATIVE_INT32, 1, &two));
    using Pair = std::array<std::int32_t, 2>;
    const std::vector<Record<Pair>> pairs = {{7, {1, 0}}, {8, {0, 1}}, {9, {1, 0}}, {7, {0, 1}}};
    write_table(folder / "b.h5", "labels", {"id", "label"}, pair.get(), pairs);
    write_table(folder / "c.h5", "labels", {"id", "label"}, list.get(), pairs);
    write_table(folder / "d.h5", "labels", {"id", "inner"}, pair.get(), pairs);
    for (const std::string name : {"a", "b", "c", "d"}) {
        const std::string message = refusal_of(folder / (name + ".h5"));
        EXPECT_NE(message.find("labels: is a table with the fields 'id', "), std::string::npos) << message;
    }
}

TEST(TableFields, BesideTextsOfAnyLengthAreReadByLibhdf5Alone) {
    const TemporaryFolder folder;
    const h5::Handle text = text_of(H5T_VARIABLE);
    const std::vector<Record<const char*>> rows = {{2, "p"}, {0, "q"}, {2, "r"}, {1, "s"}};
    write_table(folder / "a.h5", "labels", {"label", "name"}, text.get(), rows);
    EXPECT_EQ(opened(folder / "a.h5").labels(), (Numbers{2, 0, 2, 1}));
    {
        const Hdf5File file(folder / "b.h5");
        add<std::uint8_t>(file, "images", {kRows, 8, 8, 3}, 251);
        const h5::Handle type = table_type({"label", "name"}, 8, text.get(), 16);
        constexpr std::size_t kReference = 16; // bytes of a text in the file: its length, and its place in the heap
        file.add_lzf("labels", type.get(), kRows, Bytes(kRows * (8 + kReference), 0));
    }
    EXPECT_NE(
        refusal_of(folder / "b.h5")
            .find("labels: cannot be read: it needs a filter that is not there; Tacit itself reads no tables with "
                  "texts or lists of any length: write the labels into a data set of their own"),
        std::string::npos)
        << refusal_of(folder / "b.h5");
}

TEST(TableFields, OutsideOfTheirRowsAreRefused) {
    const TemporaryFolder folder;
    const std::string path = folder / "a.h5";
    write_table(path, "labels", {"id", "label"}, H5T_NATIVE_INT32, kWhole);
    Bytes bytes = testing::read_bytes(path);
    bytes.at(testing::place_of(path, {'l', 'a', 'b', 'e', 'l', 0, 0, 0, 4, 0, 0, 0}) + 8) = 6;
    testing::write_bytes(path, bytes);
    const std::string refusal = refusal_of(path);
    const bool by_us = refusal.find("labels: its field 2 of 4 bytes begins at byte 6 of rows of 8; the file is "
                                    "damaged") != std::string::npos;
    const bool by_libhdf5 =
        refusal.find("cannot read it: its structure is damaged") != std::string::npos; // from 1.14 on
    EXPECT_TRUE(by_us || by_libhdf5) << refusal;
    EXPECT_FALSE(inspect(path, kWithoutMeasuring).lines.empty());
}

} // namespace
} // namespace tacit::shards
