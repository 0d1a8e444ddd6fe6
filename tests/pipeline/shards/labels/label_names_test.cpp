// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

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

} // namespace
} // namespace tacit::shards
