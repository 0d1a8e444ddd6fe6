// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/reading_fixtures.hpp"

#include <gtest/gtest.h>

#include <tuple>
#include <utility>

namespace tacit::shards {
namespace {

using testing::Hdf5File;

using Names = std::vector<std::string>;

/// Images with these lists of twelve labels beside them.
void add_lists(const std::string& path, const std::vector<std::pair<const char*, int>>& lists) {
    const Hdf5File file(path);
    add<std::uint8_t>(file, "train/images", {12, 8, 8, 3}, 251);
    for (const auto& [name, classes] : lists) {
        add<std::int64_t>(file, name, {12}, classes);
    }
}

TEST(TwoListsOfLabels, ThatTellOtherClassesAreAskedFor) {
    const TemporaryFolder folder;
    using Settings = std::pair<std::string, std::string>;
    for (const auto& [names, one, other] :
         {std::tuple{Settings{"'{split}/labels'", "'{split}/targets'"}, "train/labels", "train/targets"},
          {Settings{"'{split}/labels'", "'{split}/label'"}, "train/labels", "train/label"},
          {Settings{"'{split}/labels'", "labels"}, "train/labels", "labels"},
          {Settings{"'{split}/y'", "'{split}/cls'"}, "train/y", "train/cls"}}) {
        const std::string path = folder / "a.h5";
        add_lists(path, {{one, 3}, {other, 4}});
        const std::string both = std::string("'") + one + "' may be the labels of 'train/images', but '" + other +
                                 "' holds other labels (`labels: " + names.first + "`, or `labels: " + names.second +
                                 "`; --labels)";
        const Inspection found = inspect(path, kWithoutMeasuring);
        EXPECT_EQ(parsed(found.data_section).spec.labels, "none");
        EXPECT_TRUE(mentions(found.notes, both)) << found.guess;
        const TemporaryFolder out;
        for (const std::string& message : {message_of<DataError>([&] { Dataset::open(spec_of(path), "train"); }),
                                           message_of<DataError>([&] { packed(path, out / "packed"); })}) {
            EXPECT_NE(message.find(both), std::string::npos) << message;
        }
        DataSpec spec = spec_of(path);
        for (const auto& [labels, classes] : {std::pair{one, 3U}, {other, 4U}}) {
            spec.labels = labels;
            EXPECT_EQ(Dataset::open(spec, "train").info().classes.size(), classes);
        }
    }
}

TEST(TwoListsOfLabels, ThatTellTheSameOrNoClassesAreNotAskedFor) {
    const TemporaryFolder folder;
    add_lists(folder / "same.h5", {{"train/label", 3}, {"train/labels", 3}});
    EXPECT_EQ(Dataset::open(spec_of(folder / "same.h5"), "train").info().classes.size(), 3U);
    {
        const Hdf5File file(folder / "other.h5");
        add<std::uint8_t>(file, "images", {12, 8, 8, 3}, 251);
        add<std::int64_t>(file, "labels", {12}, 3);
        add<float>(file, "targets", {12, 4}, 7, .3);
        file.add_texts("/", "class_names", {"a", "b", "c"});
    }
    EXPECT_EQ(Dataset::open(spec_of(folder / "other.h5"), "train").info().classes, (Names{"a", "b", "c"}));
    const std::string why = "no labels: " + (folder / "other.h5") + ": targets: row 0 of 4 columns is neither";
    EXPECT_TRUE(mentions(inspect(folder / "other.h5", kWithoutMeasuring).notes, why));
}

/// Why the file, folder or pattern is refused.
std::string refusal_of(const std::string& path) {
    return message_of<DataError>([&] { Dataset::open(spec_of(path), "train"); });
}

constexpr int kImages = 12;
const std::vector<std::int64_t> kThree = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
const std::vector<std::int64_t> kOthers = {0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2};

std::vector<std::string> words_for(const std::vector<std::int64_t>& labels) {
    std::vector<std::string> words;
    for (const std::int64_t label : labels) {
        words.push_back(label == 0 ? "wren" : label == 1 ? "ant" : "moth");
    }
    return words;
}

std::vector<double> columns_for(const std::vector<std::int64_t>& labels) {
    std::vector<double> columns(3 * labels.size(), 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        columns[3 * i + static_cast<std::size_t>(labels[i])] = 1;
    }
    return columns;
}

TEST(TwoListsOfLabels, OfTextsOrColumnsBesideNumbersAreComparedToo) {
    for (const bool same : {true, false}) {
        const std::vector<std::int64_t>& labels = same ? kThree : kOthers;
        for (const std::string other : {"label_names", "species", "labels_onehot", "onehot", "one_hot", "label_id"}) {
            const TemporaryFolder folder;
            {
                const Hdf5File file(folder / "a.h5");
                add<std::uint8_t>(file, "images", {kImages, 8, 8, 3}, 251);
                file.add("labels", {kImages}, kThree);
                if (other.ends_with("hot")) {
                    file.add(other, {kImages, 3}, columns_for(labels));
                } else if (other == "label_id") {
                    file.add(other, {kImages}, labels);
                } else {
                    file.add(other, {kImages}, words_for(labels));
                }
            }
            if (same) {
                EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().classes.size(), 3U) << other;
                continue;
            }
            const std::string message = refusal_of(folder / "a.h5");
            EXPECT_NE(message.find("'labels' may be the labels of 'images', but '" + other +
                                   "' holds other labels (`labels: labels`, or `labels: " + other + "`; --labels)"),
                      std::string::npos)
                << message;
        }
    }
}

TEST(TwoListsOfLabels, ThatDivideClassesOrSplitImagesAreNotAskedFor) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        add<std::uint8_t>(file, "images", {kImages, 8, 8, 3}, 251);
        file.add("labels", {kImages}, kThree);
        file.add("coarse_labels", {kImages}, std::vector<std::int64_t>{0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1});
        file.add("camera", {kImages}, words_for({0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}));
        file.add("part", {kImages},
                 Names{"train", "train", "val", "test", "val", "test", "train", "train", "train", "train", "train",
                       "train"});
        file.add("fold", {kImages}, kOthers);
        file.add("test_label_id", {kImages}, kOthers); // of another split
        file.add("other/label_id", {kImages}, kOthers);
    }
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().classes.size(), 3U);
}

/// A file for each image, labelled by `labels` and, if `others` are any, by these too.
void write_files(const TemporaryFolder& folder, const std::vector<std::int64_t>& labels, const std::string& name,
                 const std::vector<std::int64_t>& others) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const Hdf5File file(folder / ("scan" + std::to_string(i) + ".h5"));
        file.add("image", {9, 9}, std::vector<std::uint8_t>(81, static_cast<std::uint8_t>(20 * i)));
        file.add("label", {}, std::vector<std::int64_t>{labels[i]});
        if (name.starts_with('@')) {
            file.add_number("/", name.substr(1), static_cast<double>(others[i]));
        } else if (name == "species") {
            file.add(name, {}, words_for({others[i]}));
        } else {
            file.add(name, {}, std::vector<std::int64_t>{others[i]});
        }
    }
}

TEST(TwoListsOfLabels, OfFilesWithAnImageEachAreAskedFor) {
    for (const std::string other : {"targets", "label_id", "species", "@label"}) {
        const TemporaryFolder folder;
        write_files(folder, kThree, other, kOthers);
        const std::string key = other.starts_with('@') ? "'" + other + "'" : other;
        const std::string both = "'label' may be the labels of 'image', but '" + other +
                                 "' holds other labels (`labels: label`, or `labels: " + key + "`; --labels)";
        const TemporaryFolder out;
        for (const std::string& message : {refusal_of(folder.path()), refusal_of(folder / "scan*.h5"),
                                           message_of<DataError>([&] { packed(folder.path(), out / "packed"); })}) {
            EXPECT_NE(message.find(both), std::string::npos) << message;
        }
        const Inspection found = inspect(folder.path(), kWithoutMeasuring);
        EXPECT_EQ(parsed(found.data_section).spec.labels, "none") << found.guess;
        EXPECT_TRUE(mentions(found.notes, both)) << found.guess;
        const Dataset dataset = Dataset::open(spec_of(folder.path(), "", "label"), "train");
        EXPECT_EQ(dataset.info().classes.size(), 3U);
        const TemporaryFolder alike;
        write_files(alike, kThree, other, kThree);
        EXPECT_EQ(Dataset::open(spec_of(alike.path()), "train").info().classes.size(), 3U) << other;
    }
}

TEST(LabelsOfOneImageAFile, MayBeAttributes) {
    for (const std::string object : {"/", "image"}) {
        const TemporaryFolder folder;
        for (int i = 0; i < 4; ++i) {
            const Hdf5File file(folder / ("im_" + std::to_string(i) + ".h5"));
            file.add("image", {9, 9}, std::vector<std::uint8_t>(81, static_cast<std::uint8_t>(20 * i)));
            file.add_text(object, "label", i % 2 == 0 ? "wren" : "ant");
        }
        const Dataset dataset = Dataset::open(spec_of(folder.path()), "train");
        EXPECT_EQ(dataset.info().classes, (Names{"ant", "wren"}));
        EXPECT_EQ(dataset.labels(), (std::vector<std::int32_t>{1, 0, 1, 0}));
        const PrintedSection section = printed(folder.path());
        EXPECT_EQ(section.spec.labels, "@label");
        EXPECT_EQ(opened(section, "train").labels(), dataset.labels());
    }
}

TEST(LabelsOfOneImageAFile, MayBeInATableOfTheFilesNames) {
    const TemporaryFolder folder;
    for (int i = 0; i < 4; ++i) {
        const Hdf5File file(folder / ("im_" + std::to_string(i) + ".h5"));
        file.add("image", {9, 9}, std::vector<std::uint8_t>(81, static_cast<std::uint8_t>(20 * i)));
    }
    write_file_atomically(folder / "t.csv", "file,label\nim_3.h5,wren\nim_0.h5,ant\nim_2.h5,ant\nim_1.h5,moth\n");
    const Dataset dataset = Dataset::open(spec_of(folder.path(), "", "t.csv:label"), "train");
    EXPECT_EQ(dataset.info().classes, (Names{"ant", "moth", "wren"}));
    EXPECT_EQ(dataset.labels(), (std::vector<std::int32_t>{0, 1, 0, 2}));
    write_file_atomically(folder / "t.csv", "file,label\nim_3.h5,wren\nim_0.h5,ant\nim_2.h5,ant\n");
    const std::string message =
        message_of<DataError>([&] { Dataset::open(spec_of(folder.path(), "", "t.csv:label"), "train"); });
    EXPECT_NE(message.find("t.csv: column 'file' has no row for image 'im_1.h5'"), std::string::npos) << message;
}

TEST(TwoListsOfLabels, OfAFileBesideAreAskedFor) {
    const TemporaryFolder folder;
    add<std::uint8_t>(Hdf5File(folder / "cats.h5"), "images", {12, 8, 8, 3}, 251);
    {
        const Hdf5File file(folder / "cats_labels.h5");
        add<std::int64_t>(file, "coarse_labels", {12}, 2);
        add<std::int64_t>(file, "fine_labels", {12}, 4);
        add<std::int64_t>(file, "ids", {12}, 12);
    }
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "cats.h5"), "train"); });
    EXPECT_NE(message.find("but 'cats_labels.h5:fine_labels' holds other labels (`labels: 'cats_labels.h5:"
                           "coarse_labels'`, or `labels: 'cats_labels.h5:fine_labels'`; --labels)"),
              std::string::npos)
        << message;
}

} // namespace
} // namespace tacit::shards
