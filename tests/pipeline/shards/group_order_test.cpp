// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/numbered_names.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/printed_section.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace tacit::shards {
namespace {

using testing::Hdf5File;
using testing::pixels_of;

using Bytes = std::vector<std::uint8_t>;
using Names = std::vector<std::string>;

constexpr const char* kRefusal = "nothing tells which of them the rows of a data set follow";

/// One gray image a name, in this order; the number of each is its pixels' value, and its label.
void write_group(const std::string& path, const Names& names, bool tracked) {
    const Hdf5File file(path);
    if (tracked) {
        file.add_tracking_group("images");
    }
    std::vector<std::int64_t> labels;
    for (std::size_t i = 0; i < names.size(); ++i) {
        file.add("images/" + names[i], {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
        labels.push_back(static_cast<std::int64_t>(i));
    }
    file.add("labels", {labels.size()}, labels);
}

Names numbered(const std::string& stem, int count) {
    Names names;
    for (int i = 0; i < count; ++i) {
        names.push_back(stem + std::to_string(i));
    }
    return names;
}

DataSpec spec_of(const std::string& path, const std::string& labels = "") {
    DataSpec spec;
    spec.path = path;
    spec.labels = labels;
    return spec;
}

void expect_labels_on_their_images(const DataSpec& spec) {
    const Dataset dataset = Dataset::open(spec, "train");
    for (std::int64_t i = 0; i < dataset.info().size; ++i) {
        EXPECT_EQ(pixels_of(dataset, i).at(0), dataset.labels().at(static_cast<std::size_t>(i))) << dataset.name(i);
    }
}

TEST(GroupOrder, CountsNumbersInNamesByValue) {
    const Names names = {"a", "img_9", "img_10", "img_010b", "img_99999999999999999999", "img_100000000000000000000"};
    for (std::size_t i = 1; i < names.size(); ++i) {
        EXPECT_TRUE(natural_less(names[i - 1], names[i])) << names[i - 1] << " " << names[i];
        EXPECT_FALSE(natural_less(names[i], names[i - 1])) << names[i - 1] << " " << names[i];
    }
    EXPECT_FALSE(natural_less("a1", "a1"));
    EXPECT_NE(natural_less("a01", "a1"), natural_less("a1", "a01")); // different names have an order
}

TEST(GroupOrder, LabelsFollowTheNumbersOfNames) {
    const TemporaryFolder folder;
    write_group(folder / "a.h5", numbered("img_", 24), false);
    expect_labels_on_their_images(spec_of(folder / "a.h5"));
    write_group(folder / "tracked.h5", numbered("img_", 24), true);
    expect_labels_on_their_images(spec_of(folder / "tracked.h5"));
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes,
                         "images are in the order of their names: img_0, img_1, img_2 … img_23"));
}

TEST(GroupOrder, LabelsFollowTheCreationOfNamesWithoutNumbers) {
    const TemporaryFolder folder;
    write_group(folder / "a.h5", {"zebra", "ant", "dog", "cow"}, true);
    expect_labels_on_their_images(spec_of(folder / "a.h5"));
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes,
                         "images are in the order of their creation: zebra, ant, dog … cow"));
}

TEST(GroupOrder, OfNumbersThatCreationContradictsRowsAreRefused) {
    const TemporaryFolder folder;
    write_group(folder / "a.h5", {"img_2", "img_0", "img_1", "img_10"}, true);
    for (const char* labels : {"", "labels"}) {
        const std::string message =
            message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5", labels), "train"); });
        EXPECT_NE(message.find(kRefusal), std::string::npos) << message;
        EXPECT_NE(message.find("in which they were created"), std::string::npos) << message;
    }
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5", "none"), "train").info().size, 4);
    std::ofstream(folder / "a.csv") << "name,label\nimg_0,1\nimg_1,2\nimg_2,0\nimg_10,3\n";
    expect_labels_on_their_images(spec_of(folder / "a.h5", "a.csv:label"));
}

TEST(GroupOrder, OfNamesThatWereWrittenInAnotherOrderRowsAreRefused) {
    const TemporaryFolder folder;
    write_group(folder / "a.h5", {"zebra", "ant", "dog", "cow"}, false);
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find(kRefusal), std::string::npos) << message;
    EXPECT_NE(message.find("written into the file"), std::string::npos) << message;
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    EXPECT_TRUE(mentions(found.notes, kRefusal));
    EXPECT_EQ(parsed(found.data_section).spec.labels, "none");
    write_group(folder / "sorted.h5", {"ant", "cow", "dog", "zebra"}, false);
    expect_labels_on_their_images(spec_of(folder / "sorted.h5"));
}

} // namespace
} // namespace tacit::shards
