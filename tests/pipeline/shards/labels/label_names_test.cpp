// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/inspect.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tacit::shards {
namespace {

using testing::Hdf5File;

using Names = std::vector<std::string>;
using Numbers = std::vector<std::int32_t>;

/// Images with labels 0, 1, 2, 0, ….
void add_images(const Hdf5File& file) {
    add<std::uint8_t>(file, "images", {6, 8, 8, 3}, 251);
    add<std::int64_t>(file, "labels", {6}, 3);
}

h5::Handle enumeration(const std::vector<std::pair<const char*, std::int8_t>>& members) {
    h5::Handle type(H5Tenum_create(H5T_STD_I8LE));
    for (const auto& [name, value] : members) {
        H5Tenum_insert(type.get(), name, &value);
    }
    return type;
}

Dataset opened(const std::string& path, const std::string& labels = "") {
    DataSpec spec;
    spec.path = path;
    spec.labels = labels;
    return Dataset::open(spec, "train");
}

TEST(LabelNames, AreListedInAnAttributeOfTheLabels) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add_images(file);
        file.add_texts("labels", "class_names", {"cat", "ant", "bee", "dog"});
        file.add_texts("/", "classes", {"not", "these", "three"});
    }
    const Dataset dataset = opened(folder / "a.h5");
    EXPECT_EQ(dataset.info().classes, (Names{"cat", "ant", "bee", "dog"}));
    EXPECT_EQ(dataset.labels(), (Numbers{0, 1, 2, 0, 1, 2}));
}

TEST(LabelNames, AreListedInAnAttributeOfTheFile) {
    for (const char* name : {"class_names", "classes", "label_names", "categories"}) {
        const TemporaryFolder folder;
        {
            const Hdf5File file(folder / "a.h5");
            add_images(file);
            file.add_texts("/", name, {"cat", "ant", "bee"});
        }
        EXPECT_EQ(opened(folder / "a.h5").info().classes, (Names{"cat", "ant", "bee"})) << name;
    }
}

TEST(LabelNames, AreListedInAnAttributeOfTheirGroup) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "train/images", {6, 8, 8, 3}, 251);
        add<std::int64_t>(file, "train/labels", {6}, 3);
        file.add_texts("train", "categories", {"cat", "ant", "bee"});
    }
    EXPECT_EQ(opened(folder / "a.h5").info().classes, (Names{"cat", "ant", "bee"}));
}

TEST(LabelNames, AreNumbersWhereAListIsTooShortOrNoneOfClasses) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add_images(file);
        file.add_texts("labels", "class_names", {"cat", "ant"});
        file.add_texts("labels", "categories", {"cat", "ant", "cat"});
        file.add_number("labels", "classes", 3);
    }
    EXPECT_EQ(opened(folder / "a.h5").info().classes, (Names{"0", "1", "2"}));
}

TEST(LabelNames, AreThoseOfAnEnumeration) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {4, 8, 8, 3}, 251);
        const h5::Handle type = enumeration({{"zebra", 0}, {"none", -1}, {"ant", 3}});
        const std::int8_t labels[] = {3, 0, -1, 3};
        file.add("labels", type.get(), {4}, labels, {});
    }
    const Dataset dataset = opened(folder / "a.h5");
    EXPECT_EQ(dataset.info().classes, (Names{"zebra", "1", "2", "ant"}));
    EXPECT_EQ(dataset.labels(), (Numbers{3, 0, -1, 3}));
}

TEST(LabelNames, OfBoolsAreNumbers) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {4, 8, 8, 3}, 251);
        const h5::Handle type = enumeration({{"FALSE", 0}, {"TRUE", 1}});
        const std::int8_t labels[] = {1, 0, 0, 1};
        file.add("labels", type.get(), {4}, labels, {});
    }
    EXPECT_EQ(opened(folder / "a.h5").info().classes, (Names{"0", "1"}));
}

/// A table of four records with an i32 and a field of another type, written as `labels` of a file with four images.
template <class Record>
void write_table(const std::string& path, const std::string& name, const std::array<const char*, 2>& fields,
                 hid_t second, const std::vector<Record>& rows) {
    const Hdf5File file(path);
    add<std::uint8_t>(file, "images", {4, 8, 8, 3}, 251);
    const h5::Handle type(H5Tcreate(H5T_COMPOUND, sizeof(Record)));
    H5Tinsert(type.get(), fields[0], 0, H5T_NATIVE_INT32);
    H5Tinsert(type.get(), fields[1], sizeof(std::int32_t), second);
    file.add(name, type.get(), {4}, rows.data(), {});
}

struct NumberRecord {
    std::int32_t first;
    std::int32_t second;
};

TEST(LabelNames, FieldOfATableThatIsNamedLikeLabelsIsRead) {
    const TemporaryFolder folder;
    struct TextRecord {
        std::int32_t id;
        std::array<char, 4> name;
    };
    const std::vector<NumberRecord> numbers = {{7, 2}, {8, 0}, {9, 2}, {7, 1}};
    write_table(folder / "a.h5", "labels", {"id", "class"}, H5T_NATIVE_INT32, numbers);
    EXPECT_EQ(opened(folder / "a.h5").labels(), (Numbers{2, 0, 2, 1}));
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes,
                         "labels: holds the labels in its field 'class' (of 'id', 'class')"));
    const h5::Handle text(H5Tcopy(H5T_C_S1));
    H5Tset_size(text.get(), 4);
    const std::vector<TextRecord> texts = {{7, {"dog"}}, {8, {"cat"}}, {9, {"dog"}}, {7, {"cat"}}};
    write_table(folder / "b.h5", "labels", {"id", "label"}, text.get(), texts);
    EXPECT_EQ(opened(folder / "b.h5").labels(), (Numbers{1, 0, 1, 0}));
    EXPECT_EQ(opened(folder / "b.h5").info().classes, (Names{"cat", "dog"}));
    const std::vector<NumberRecord> few = {{7, 1}, {8, 0}, {9, 1}, {7, 1}};
    write_table(folder / "c.h5", "meta", {"id", "label"}, H5T_NATIVE_INT32, few);
    EXPECT_EQ(inspect(folder / "c.h5", kWithoutMeasuring).notes,
              (Names{"other labels that data.labels may name: 'meta' (2 classes)"}));
    EXPECT_EQ(opened(folder / "c.h5", "meta").labels(), (Numbers{1, 0, 1, 1}));
}

TEST(LabelNames, TableWithoutOneSuchFieldIsRefusedOrNamed) {
    const TemporaryFolder folder;
    const std::vector<NumberRecord> rows = {{7, 2}, {8, 0}, {9, 2}, {7, 1}};
    write_table(folder / "a.h5", "labels", {"label", "class"}, H5T_NATIVE_INT32, rows);
    const std::string why = "labels: is a table with the fields 'label', 'class'; write the one that is meant";
    const std::string message = message_of<DataError>([&] { opened(folder / "a.h5", "labels"); });
    EXPECT_NE(message.find(why), std::string::npos) << message;
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    EXPECT_TRUE(mentions(found.notes, "is a table with the fields 'label', 'class'"));
    EXPECT_EQ(parsed(found.data_section).spec.labels, "none");
    write_table(folder / "b.h5", "points", {"x", "y"}, H5T_NATIVE_INT32, rows);
    EXPECT_TRUE(mentions(inspect(folder / "b.h5", kWithoutMeasuring).notes,
                         "'points' (one of its fields, once a data set of its own)"));
}

} // namespace
} // namespace tacit::shards
