// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/import/import.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/printed_section.hpp"

#include <gtest/gtest.h>

#include <tuple>
#include <utility>

namespace tacit::shards {
namespace {

using testing::Hdf5File;

using Names = std::vector<std::string>;

DataSpec spec_of(const std::string& path) {
    DataSpec spec;
    spec.path = path;
    return spec;
}

/// What `data pack` makes of the file.
ImportSummary packed(const std::string& path, const std::string& out) {
    ImportOptions options;
    options.path = path;
    options.out = out;
    options.kind = "hdf5";
    return import_images(options);
}

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
