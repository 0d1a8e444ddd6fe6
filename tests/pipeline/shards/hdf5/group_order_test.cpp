// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/guess/numbered_names.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(GroupOrder, OfNumbersThatWereWrittenInAnotherOrderRowsAreRefused) {
    const TemporaryFolder folder;
    Names shuffled = numbered("img_", 24);
    std::rotate(shuffled.begin(), shuffled.begin() + 7, shuffled.end());
    Names by_letters = numbered("img_", 24);
    std::sort(by_letters.begin(), by_letters.end()); // img_0, img_1, img_10, …
    for (const Names& names : {shuffled, by_letters}) {
        write_group(folder / "a.h5", names, false);
        for (const char* labels : {"", "labels"}) {
            const std::string message =
                message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5", labels), "train"); });
            EXPECT_NE(message.find(kRefusal), std::string::npos) << message;
            EXPECT_NE(message.find("written into the file"), std::string::npos) << message;
        }
        EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5", "none"), "train").info().size, 24);
    }
}

/// write_group() with each image in a group of its own.
void write_subgroups(const std::string& path, const Names& names, bool labelled) {
    const Hdf5File file(path);
    std::vector<std::int64_t> labels;
    for (std::size_t i = 0; i < names.size(); ++i) {
        file.add("images/" + names[i] + "/data", {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
        labels.push_back(static_cast<std::int64_t>(i) / 2); // 0 0 1 1 …
    }
    if (labelled) {
        file.add("labels", {labels.size()}, labels);
    }
}

TEST(SubgroupsOfOneImage, AreImagesWhereLabelsHaveARowForEach) {
    const TemporaryFolder folder;
    write_subgroups(folder / "a.h5", numbered("img_", 24), true);
    const Dataset dataset = Dataset::open(spec_of(folder / "a.h5"), "train");
    ASSERT_EQ(dataset.info().size, 24);
    for (std::int64_t i = 0; i < 24; ++i) {
        EXPECT_EQ(pixels_of(dataset, i).at(0) / 2, dataset.labels().at(static_cast<std::size_t>(i))) << i;
    }
    EXPECT_EQ(dataset.info().classes.size(), 12);
    std::ofstream(folder / "a.csv") << "name,label\nimg_0,b\nimg_1,a\n";
    write_subgroups(folder / "b.h5", numbered("img_", 2), false);
    EXPECT_EQ(Dataset::open(spec_of(folder / "b.h5", "a.csv:label"), "train").labels(),
              (std::vector<std::int32_t>{1, 0}));
}

TEST(SubgroupsOfOneImage, AreNoClassesUnlessSaid) {
    const TemporaryFolder folder;
    write_subgroups(folder / "a.h5", numbered("img_", 24), false);
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("each of the 24 subgroups of 'images' ('img_0' … 'img_23') holds one image"),
              std::string::npos)
        << message;
    EXPECT_NE(message.find("labels: none"), std::string::npos) << message;
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5", "group"), "train").info().classes, numbered("img_", 24));
    EXPECT_TRUE(Dataset::open(spec_of(folder / "a.h5", "none"), "train").info().classes.empty());
}

TEST(SubgroupsOfOneImage, RowsInAnotherOrderAreRefused) {
    const TemporaryFolder folder;
    Names names = numbered("img_", 24);
    std::rotate(names.begin(), names.begin() + 7, names.end());
    write_subgroups(folder / "a.h5", names, true);
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find(kRefusal), std::string::npos) << message;
}

TEST(AttributeOfEachImage, IsItsLabel) {
    const TemporaryFolder folder;
    Names names = numbered("img_", 12);
    std::rotate(names.begin(), names.begin() + 5, names.end()); // no rows: no order is asked for
    {
        const Hdf5File file(folder / "a.h5");
        for (std::size_t i = 0; i < names.size(); ++i) {
            file.add("images/" + names[i], {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
            file.add_number("images/" + names[i], "label", static_cast<double>(i));
        }
    }
    expect_labels_on_their_images(spec_of(folder / "a.h5"));
    expect_labels_on_their_images(spec_of(folder / "a.h5", "@label"));
    EXPECT_EQ(printed(folder / "a.h5").spec.labels, "@label");
    const std::string message =
        message_of<ConfigError>([&] { Dataset::open(spec_of(folder / "a.h5", "@kind"), "train"); });
    EXPECT_NE(message.find("a.h5: 'images', its images and the root of the file have no attribute 'kind'; write one "
                           "value for each image there, or name labels that `tacit data inspect"),
              std::string::npos)
        << message;
}

TEST(AttributeOfEachImage, MustBeOnAll) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        for (const char* name : {"img_0", "img_1", "img_2"}) {
            file.add(std::string("images/") + name + "/data", {9, 9}, Bytes(81, 1));
        }
        file.add_text("images/img_0", "class", "cat");
        file.add_text("images/img_2", "class", "dog");
    }
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("images/img_1: has no attribute 'class'"), std::string::npos) << message;
    {
        const Hdf5File file(folder / "b.h5");
        for (const char* name : {"img_0", "img_1", "img_2"}) {
            file.add(std::string("images/") + name + "/data", {9, 9}, Bytes(81, 1));
            file.add_text(std::string("images/") + name, "class", name == std::string("img_1") ? "dog" : "cat");
        }
    }
    EXPECT_EQ(Dataset::open(spec_of(folder / "b.h5"), "train").labels(), (std::vector<std::int32_t>{0, 1, 0}));
}

TEST(ImagesAtTheRoot, HaveAnOrderOfTheirOwnBesideLabels) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        file.add("labels", {3}, std::vector<std::int64_t>{0, 1, 2}); // first of all
        for (int i = 0; i < 3; ++i) {
            file.add("img_" + std::to_string(i), {16, 16, 3}, Bytes(768, static_cast<std::uint8_t>(i)));
        }
    }
    DataSpec spec = spec_of(folder / "a.h5");
    spec.images = "/";
    expect_labels_on_their_images(spec);
}

TEST(ImagesAtTheRoot, AreReadWithTheLabelsBesideThem) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "run2.h5");
        std::vector<std::int64_t> labels;
        for (int i = 0; i < 24; ++i) {
            file.add("img_" + std::to_string(i), {16, 16, 3}, Bytes(768, static_cast<std::uint8_t>(i)));
            labels.push_back(i);
        }
        file.add("labels", {labels.size()}, labels);
    }
    std::ofstream(folder / "run1.h5") << "no HDF5";
    PrintedSection section = printed(folder / "run2.h5");
    EXPECT_EQ(section.spec.images, "/");
    EXPECT_EQ(section.spec.labels, "labels");
    const Dataset dataset = opened(section, "train");
    ASSERT_EQ(dataset.info().size, 24);
    section.spec.range = {}; // of what was seen
    expect_labels_on_their_images(section.spec);
}

TEST(ImagesAtTheRoot, HaveOtherListsOfLabelsNamed) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        for (int i = 0; i < 6; ++i) {
            file.add("img_" + std::to_string(i), {16, 16, 3}, Bytes(768, static_cast<std::uint8_t>(i)));
        }
        file.add("coarse_labels", {6}, Bytes{0, 0, 0, 1, 1, 1});
        file.add("fine_labels", {6}, Bytes{0, 1, 2, 3, 4, 5});
    }
    EXPECT_EQ(printed(folder / "a.h5").spec.images, "/");
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes,
                         "may name: 'coarse_labels' (2 classes), 'fine_labels' (6 classes)"));
    DataSpec spec = spec_of(folder / "a.h5", "fine_labels");
    spec.images = "/";
    expect_labels_on_their_images(spec);
}

TEST(AttributeOfEachImage, IsLookedForOnMoreThanTheFirst) {
    const TemporaryFolder folder;
    const Names names = numbered("img_", 12);
    for (const std::size_t lacks : {0U, 5U, 11U}) {
        {
            const Hdf5File file(folder / "a.h5");
            for (std::size_t i = 0; i < names.size(); ++i) {
                file.add("images/" + names[i], {9, 9}, Bytes(81, 1));
                if (i != lacks) {
                    file.add_number("images/" + names[i], "label", static_cast<double>(i % 3));
                }
            }
        }
        for (const char* labels : {"", "@label"}) {
            const std::string message =
                message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5", labels), "train"); });
            EXPECT_NE(message.find("images/" + names[lacks] + ": has no attribute 'label', as 'img_" +
                                   (lacks == 0 ? "1" : "0") + "' has"),
                      std::string::npos)
                << message;
        }
    }
}

TEST(AttributeOfEachImage, ThatTellsOtherClassesIsAskedFor) {
    const TemporaryFolder folder;
    /// Labels 0 0 1 1 of a list, and attributes of each image.
    const auto write = [&](const std::string& path, const char* group, bool list,
                           const std::vector<std::pair<const char*, std::vector<double>>>& attributes) {
        const Hdf5File file(path);
        for (int i = 0; i < 4; ++i) {
            const std::string name = std::string("images/") + (i < 2 ? group : "") + "b/" + std::to_string(i);
            const std::string image = *group == 0 ? "images/" + std::to_string(i) : name;
            file.add(image, {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
            for (const auto& [attribute, values] : attributes) {
                file.add_number(image, attribute, values[static_cast<std::size_t>(i)]);
            }
        }
        if (list) {
            file.add("labels", {4}, std::vector<std::int64_t>{0, 0, 1, 1});
        }
    };
    const auto refusal = [&] {
        return message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    };
    write(folder / "a.h5", "", true, {{"label", {0, 1, 0, 1}}});
    EXPECT_NE(
        refusal().find("'labels' may be the labels of 'images', but '@label' holds other labels (`labels: labels`, or "
                       "`labels: '@label'`; --labels); say which"),
        std::string::npos)
        << refusal();
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5", "@label"), "train").labels(),
              (std::vector<std::int32_t>{0, 1, 0, 1}));
    write(folder / "a.h5", "", false, {{"target", {0, 100, 200, 300}}, {"class", {0, 1, 0, 1}}});
    EXPECT_NE(refusal().find("'@target' may be the labels of 'images', but '@class' holds other labels"),
              std::string::npos)
        << refusal();
    write(folder / "a.h5", "a", false, {{"label", {0, 1, 0, 1}}});
    EXPECT_NE(refusal().find("subgroups of 'images' ('ab' …) may be classes, but '@label' holds other labels"),
              std::string::npos)
        << refusal();
    write(folder / "a.h5", "", true, {{"label", {7, 7, 3, 3}}, {"class", {1, 1, 1, 1}}}); // the same, and nothing
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").labels(), (std::vector<std::int32_t>{0, 0, 1, 1}));
}

/// Twelve subgroups of one image each, but '5' of `odd`, and labels with a row for each subgroup.
void write_odd_subgroup(const std::string& path, int odd, bool labelled) {
    const Hdf5File file(path);
    file.add_tracking_group("images");
    for (int i = 0; i < 12; ++i) {
        const std::string group = "images/" + std::to_string(i);
        file.add_tracking_group(group);
        for (int image = 0; image < (i == 5 ? odd : 1); ++image) {
            file.add(group + "/image" + std::to_string(image), {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
        }
    }
    if (labelled) {
        file.add("labels", {12}, testing::counting<std::int64_t>(12, 3));
    }
}

TEST(SubgroupsOfOneImage, AreNoClassesWhereOneIsOdd) {
    for (const int odd : {0, 2}) {
        for (const bool labelled : {false, true}) {
            const TemporaryFolder folder;
            write_odd_subgroup(folder / "a.h5", odd, labelled);
            const std::string message =
                message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
            EXPECT_NE(message.find("11 of the 12 subgroups of 'images' hold one image each ('5' holds " +
                                   std::to_string(odd) +
                                   "), so that they are hardly classes; if they are, say `labels: group`"),
                      std::string::npos)
                << message;
            EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5", "group"), "train").info().classes.size(), 12U);
            EXPECT_TRUE(Dataset::open(spec_of(folder / "a.h5", "none"), "train").info().classes.empty());
        }
    }
}

TEST(SubgroupsAndRows, ARowForEachSubgroupIsNoRowForEachImage) {
    const TemporaryFolder folder;
    const auto write = [&](const std::vector<std::int64_t>& labels) {
        const Hdf5File file(folder / "a.h5");
        for (const char* name : {"a/0", "a/1", "b/2", "b/3", "c/4", "c/5"}) {
            file.add(std::string("images/") + name, {9, 9}, Bytes(81, 1));
        }
        file.add("labels", {labels.size()}, labels);
    };
    write({0, 1, 0});
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("'labels' has a row for each of the 3 subgroups of 'images' (which hold 6 images)"),
              std::string::npos)
        << message;
    write({0, 1, 2}); // a list of the classes
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().classes, (Names{"a", "b", "c"}));
    write({0, 1, 2, 0, 1});
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().classes, (Names{"a", "b", "c"}));
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes,
                         "labels: shape (5,) of numbers is no list of labels for 6 images"));
}

TEST(ListsInAGroup, ThatAreNotReadAreNamed) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        for (int i = 0; i < 4; ++i) {
            file.add("images/img_" + std::to_string(i), {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
        }
        file.add("images/labels", {4}, std::vector<std::int64_t>{0, 1, 2, 3});
        file.add("images/y_soft", {4}, std::vector<double>{0.5, 0.25, 0, 1});
        file.add("images/y_test", {4}, std::vector<std::int64_t>{3, 1, 0, 2});
    }
    expect_labels_on_their_images(spec_of(folder / "a.h5"));
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes,
                         "other labels that data.labels may name: 'images/y_soft' (no classes), 'images/y_test' (4 "
                         "classes)"));
    {
        const Hdf5File file(folder / "b.h5");
        for (int i = 0; i < 4; ++i) {
            file.add("images/img_" + std::to_string(i), {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
        }
        file.add("images/y_test", {4}, std::vector<std::int64_t>{3, 1, 0, 2});
    }
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(Dataset::open(spec_of(folder / "b.h5"), "train").info().classes.empty());
    const std::string warning = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(warning.find("without labels, which may be 'images/y_test' (4 classes)"), std::string::npos) << warning;
}

TEST(SubgroupsAndRows, ThatTellOtherClassesAreAskedFor) {
    const TemporaryFolder folder;
    const auto write = [&](const std::string& path, const std::vector<std::int64_t>& labels) {
        const Hdf5File file(path);
        for (const char* name : {"a/0", "a/1", "b/2", "b/3"}) {
            file.add(std::string("images/") + name, {9, 9}, Bytes(81, static_cast<std::uint8_t>(name[2] - '0')));
        }
        file.add("labels", {4}, labels);
    };
    write(folder / "same.h5", {7, 7, 3, 3});
    EXPECT_EQ(Dataset::open(spec_of(folder / "same.h5"), "train").info().classes, (Names{"a", "b"}));
    write(folder / "other.h5", {0, 1, 2, 3});
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "other.h5"), "train"); });
    EXPECT_NE(message.find("subgroups of 'images' ('a' …) may be classes, but 'labels' holds other labels (`labels: "
                           "group`, or `labels: labels`; --labels); say which"),
              std::string::npos)
        << message;
    EXPECT_EQ(Dataset::open(spec_of(folder / "other.h5", "group"), "train").info().classes, (Names{"a", "b"}));
    expect_labels_on_their_images(spec_of(folder / "other.h5", "labels"));
}

void add_texts(const Hdf5File& file, const std::string& name, const std::vector<const char*>& texts) {
    const h5::Handle text(H5Tcopy(H5T_C_S1));
    H5Tset_size(text.get(), H5T_VARIABLE);
    file.add(name, text.get(), {texts.size()}, texts.data(), {});
}

/// Images img_0 … img_3 (or a subgroup each), labels whose rows are those of `names`, these and another list.
void write_listed(const std::string& path, const std::string& image, const std::vector<const char*>& names,
                  const std::vector<const char*>& sorted = {}) {
    const Hdf5File file(path);
    for (int i = 0; i < 4; ++i) {
        file.add("images/img_" + std::to_string(i) + image, {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
    }
    file.add("labels", {4}, std::vector<std::int64_t>{2, 0, 3, 1});
    add_texts(file, "file_names", names);
    if (!sorted.empty()) {
        add_texts(file, "sorted_names", sorted);
    }
}

TEST(RowsOfLabels, AreThoseOfAListOfTheImagesNames) {
    for (const char* image : {"", "/data"}) {
        const TemporaryFolder folder;
        write_listed(folder / "a.h5", image, {"img_2", "img_0", "img_3", "img_1"});
        expect_labels_on_their_images(spec_of(folder / "a.h5"));
        expect_labels_on_their_images(spec_of(folder / "a.h5", "labels"));
        EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes,
                             ", and rows of labels in that of 'file_names'"));
        write_listed(folder / "b.h5", image, {"x/img_2.png", "x/img_0.png", "x/img_3.png", "x/img_1.png"});
        expect_labels_on_their_images(spec_of(folder / "b.h5"));
    }
}

TEST(RowsOfLabels, AreThoseOfAListOfTheImagesNumbers) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        for (int i = 0; i < 4; ++i) {
            file.add("images/" + std::to_string(i), {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
        }
        file.add("labels", {4}, std::vector<std::int64_t>{2, 0, 3, 1});
        file.add("index", {4}, std::vector<std::int64_t>{2, 0, 3, 1});
    }
    expect_labels_on_their_images(spec_of(folder / "a.h5"));
}

TEST(RowsOfLabels, OfTextsThatRepeatAreThoseOfTheListToo) {
    for (const char* image : {"", "/data"}) {
        const TemporaryFolder folder;
        {
            const Hdf5File file(folder / "a.h5");
            for (int i = 0; i < 4; ++i) {
                file.add("images/img_" + std::to_string(i) + image, {9, 9}, Bytes(81, static_cast<std::uint8_t>(i)));
            }
            add_texts(file, "kind", {"high", "low", "high", "low"});
            add_texts(file, "file_names", {"img_2", "img_0", "img_3", "img_1"});
        }
        const Dataset dataset = Dataset::open(spec_of(folder / "a.h5", *image == '\0' ? "" : "kind"), "train");
        EXPECT_EQ(dataset.info().classes, (Names{"high", "low"}));
        for (std::int64_t i = 0; i < 4; ++i) {
            EXPECT_EQ(dataset.labels().at(static_cast<std::size_t>(i)), pixels_of(dataset, i).at(0) < 2 ? 1 : 0);
        }
    }
}

TEST(RowsOfLabels, AreRefusedWhereTwoListsDiffer) {
    const std::vector<const char*> kListed = {"img_2", "img_0", "img_3", "img_1"};
    const TemporaryFolder folder;
    write_listed(folder / "a.h5", "", kListed, {"img_0", "img_2", "img_3", "img_1"});
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("'file_names' and 'sorted_names' list their names in different orders, so that rows may "
                           "stand in either"),
              std::string::npos)
        << message;
    write_listed(folder / "a.h5", "", kListed, kListed);
    expect_labels_on_their_images(spec_of(folder / "a.h5"));
}

TEST(RowsOfLabels, AreRefusedWhereAListHoldsOthersToo) {
    const TemporaryFolder folder;
    write_listed(folder / "a.h5", "", {"img_2", "img_0", "img_3", "img_7"});
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("'file_names' lists 3 of their 4 names, so that rows may stand in its order or in theirs"),
              std::string::npos)
        << message;
}

} // namespace
} // namespace tacit::shards
