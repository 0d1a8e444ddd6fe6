// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/class_names.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

using testing::Hdf5File;

using Numbers = std::vector<std::int32_t>;

/// Images in a subgroup a class.
void write_groups(const std::string& path, const ClassNames& classes) {
    const Hdf5File file(path);
    for (const std::string& name : classes) {
        for (const char* image : {"/0", "/1"}) {
            const std::vector<std::uint8_t> png = testing::make_png({4, 4, 3}, 1);
            file.add(name + image, {png.size()}, png);
        }
    }
}

Dataset opened(const std::string& path, const std::string& split = "train") {
    DataSpec spec;
    spec.path = path;
    spec.images = "/";
    spec.labels = "group";
    return Dataset::open(spec, split);
}

TEST(ClassNames, AreTheLongerListOfNumbersOrAllNamesInOrder) {
    EXPECT_EQ(united({"0", "1"}, {"0", "1", "2"}), (ClassNames{"0", "1", "2"}));
    EXPECT_EQ(united({"b", "a", "c"}, {"b", "a"}), (ClassNames{"b", "a", "c"}));
    EXPECT_EQ(united({}, {"b"}), (ClassNames{"b"}));
    EXPECT_EQ(united({"cat", "dog"}, {"ant", "cat"}), (ClassNames{"ant", "cat", "dog"}));
}

TEST(ClassNames, StandForNumbersInTheirPlaces) {
    EXPECT_EQ(united({"0", "1", "2"}, {"cat", "ant"}), (ClassNames{"cat", "ant", "2"}));
    Numbers labels{0, 1};
    ClassNames names{"0", "1"};
    renumber(labels, names, {"cat", "ant", "bee"});
    EXPECT_EQ(labels, (Numbers{0, 1}));
    EXPECT_EQ(names, (ClassNames{"cat", "ant", "bee"}));
}

TEST(ClassNames, ThatAreNumbersThemselvesAreNames) {
    EXPECT_EQ(united({"0", "1", "2"}, {"3", "4"}), (ClassNames{"0", "1", "2", "3", "4"}));
    EXPECT_EQ(united({"0", "1", "3"}, {"0", "1", "2", "3"}), (ClassNames{"0", "1", "2", "3"}));
    EXPECT_EQ(united({"0", "1", "10", "2", "none"}, {"0", "1", "2"}), (ClassNames{"0", "1", "10", "2", "none"}));
    Numbers labels{0, 1, 2};
    ClassNames names{"0", "1", "2"};
    renumber(labels, names, {"0", "1", "10", "2", "none"});
    EXPECT_EQ(labels, (Numbers{0, 1, 3}));
}

TEST(ClassNames, OfAnotherSplitFollowThoseThatAreKnown) {
    EXPECT_EQ(continued({"dog", "cat"}, {"ant", "cat"}), (ClassNames{"dog", "cat", "ant"}));
    EXPECT_EQ(continued({"dog", "cat"}, {"0", "1", "2"}), (ClassNames{"dog", "cat", "2"}));
}

TEST(ClassNames, SayWhatALabelIs) {
    Numbers labels{0, 1, -1, 1};
    ClassNames names{"cat", "dog"};
    renumber(labels, names, {"ant", "cat", "dog"});
    EXPECT_EQ(labels, (Numbers{1, 2, -1, 2}));
    EXPECT_EQ(names, (ClassNames{"ant", "cat", "dog"}));
    renumber(labels, names, {"cat", "dog"}); // no image is an ant
    EXPECT_EQ(labels, (Numbers{0, 1, -1, 1}));
    EXPECT_EQ(names, (ClassNames{"cat", "dog"}));
    names = {"a", "eel"};
    EXPECT_NE(message_of<DataError>([&] {
                  renumber(labels, names, {"b", "a"});
              }).find("class 'eel'"),
              std::string::npos);
    Numbers unnamed{0, 5};
    EXPECT_NE(message_of<DataError>([&] {
                  renumber(unnamed, names, {"b", "a", "c"});
              }).find("label 5"),
              std::string::npos);
}

TEST(ClassNames, HaveOneNumberInAllFilesOfASplit) {
    const TemporaryFolder folder;
    write_groups(folder / "part-0.h5", {"cat", "dog"});
    write_groups(folder / "part-1.h5", {"ant", "cat"});
    const Dataset dataset = opened(folder / "part-*.h5");
    EXPECT_EQ(dataset.info().classes, (ClassNames{"ant", "cat", "dog"}));
    EXPECT_EQ(dataset.labels(), (Numbers{1, 1, 2, 2, 0, 0, 1, 1}));
}

TEST(ClassNames, OfASplitAreNumberedAsAnothers) {
    const TemporaryFolder folder;
    write_groups(folder / "c_train.h5", {"ant", "cat", "dog"});
    write_groups(folder / "c_test.h5", {"cat", "dog"});
    const Dataset train = opened(folder / "c_{split}.h5");
    Dataset test = opened(folder / "c_{split}.h5", "test");
    EXPECT_EQ(test.labels(), (Numbers{0, 0, 1, 1}));
    test.number_classes_as(train.info().classes);
    EXPECT_EQ(test.labels(), (Numbers{1, 1, 2, 2}));
    EXPECT_EQ(test.info().classes, train.info().classes);
    EXPECT_NE(message_of<DataError>([&] {
                  test.number_classes_as({"dog", "ant"});
              }).find("has the class 'cat'"),
              std::string::npos);
}

} // namespace
} // namespace tacit::shards
