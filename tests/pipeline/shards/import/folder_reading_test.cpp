// SPDX-License-Identifier: Apache-2.0
// What the folders of a tree are taken for: splits, classes, or nothing.
#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using namespace tacit::testing; // NOLINT(google-build-using-namespace)
using Places = std::map<std::string, std::string>;
using Lines = std::vector<std::string>;

/// Where the images of a tree of these paths go.
Places read_tree(const Lines& paths, const Lines& splits = {}) {
    const TemporaryFolder folder;
    write_images(folder, paths);
    ImportOptions options = options_for(folder);
    options.split_folders = splits;
    return images_of(options);
}

/// What is said of a tree that can be read in two ways.
std::string refused_tree(const Lines& paths, const Lines& splits = {}) {
    return message_of<ConfigError>([&] { read_tree(paths, splits); });
}

/// Every expected place is that of its path.
void expect_places(const Places& expected) {
    Lines paths;
    for (const auto& [path, place] : expected) {
        paths.push_back(path);
    }
    EXPECT_EQ(read_tree(paths), expected);
}

TEST(FolderReading, AClassNamedLikeASplitIsAClassAmongOthers) {
    expect_places({{"bus/a.png", "train bus"},
                   {"car/b.png", "train car"},
                   {"train/c.png", "train train"},
                   {"truck/d.png", "train truck"}});
    expect_places({{"alpha/a.png", "train alpha"}, {"test/b.png", "train test"}});
    expect_places({{"valid/images/a.png", "train valid"}, {"void/images/b.png", "train void"}});
}

TEST(FolderReading, NamesThatHoldASplitsWordAreSplits) {
    for (const auto& [train, test, split] : {std::tuple{"train2017", "val2017", "val"},
                                             {"train_images", "test_images", "test"},
                                             {"seg_train", "seg_test", "test"},
                                             {"ILSVRC2012_img_train", "ILSVRC2012_img_val", "val"},
                                             {"TRAIN", "TEST", "test"},
                                             {"Training Set", "Validation Set", "val"},
                                             {"trainset", "testset", "test"}}) {
        expect_places({{std::string(train) + "/cat/a.png", "train cat"},
                       {std::string(train) + "/dog/b.png", "train dog"},
                       {std::string(test) + "/cat/c.png", std::string(split) + " cat"},
                       {std::string(test) + "/dog/d.png", std::string(split) + " dog"}});
    }
}

TEST(FolderReading, FoldersAloneOnTheirLevelMeanNothing) {
    expect_places({{"train/train/cat/a.png", "train cat"},
                   {"train/train/dog/b.png", "train dog"},
                   {"test/test/cat/c.png", "test cat"},
                   {"test/test/dog/d.png", "test dog"}});
    expect_places({{"data/set/train/cat/a.png", "train cat"},
                   {"data/set/train/dog/b.png", "train dog"},
                   {"data/set/test/cat/c.png", "test cat"}});
    expect_places({{"images/a.png", "train -"}, {"images/b.png", "train -"}});
    expect_places({{"train/images/a.png", "train -"}, {"test/images/b.png", "test -"}});
    expect_places({{"images/cat/a.png", "train cat"}, {"images/dog/b.png", "train dog"}});
}

TEST(FolderReading, AFolderThatEveryClassRepeatsIsNoClass) {
    expect_places({{"train/n01/images/a.png", "train n01"},
                   {"train/n02/images/b.png", "train n02"},
                   {"val/images/c.png", "val -"},
                   {"test/images/d.png", "test -"}});
}

TEST(FolderReading, ClassFoldersMayHoldTheSplits) {
    expect_places({{"cat/train/a.png", "train cat"},
                   {"cat/test/b.png", "test cat"},
                   {"dog/train/c.png", "train dog"},
                   {"dog/test/d.png", "test dog"}});
}

TEST(FolderReading, ASplitMayHoldOneClassAlone) {
    expect_places({{"train/cat/a.png", "train cat"}, {"train/dog/b.png", "train dog"}, {"test/dog/c.png", "test dog"}});
    expect_places({{"train/cat/a.png", "train cat"}, {"test/cat/b.png", "test cat"}, {"test/dog/c.png", "test dog"}});
}

TEST(FolderReading, ImagesBesideClassesHaveNone) {
    expect_places({{"a.png", "train -"},
                   {"cat/b.png", "train cat"},
                   {"cat/deep/er/c.png", "train cat"},
                   {"dog/d.png", "train dog"}});
    expect_places({{"a.png", "train -"}, {"more/b.png", "train -"}});
}

TEST(FolderReading, WhatCanBeReadInTwoWaysIsRefusedWithTheOptionThatDecides) {
    EXPECT_NE(
        refused_tree({"train/a.png", "test/b.png", "extra/c.png"})
            .find("train/ are named like splits, but extra/ beside them are not; say which folders are splits, as "
                  "in --splits test=test train=train (others are left out), or that none is: --splits none"),
        std::string::npos);
    EXPECT_NE(refused_tree({"train/cat/a.png", "train/dog/b.png", "extra/c.png"}).find("--splits train=train"),
              std::string::npos);
    EXPECT_NE(refused_tree({"train/a.png", "train_masks/b.png", "test/c.png"}).find("could each be split 'train'"),
              std::string::npos);
    EXPECT_NE(refused_tree({"cat/train/a.png", "cat/test/b.png", "cat/more/c.png", "dog/d.png"})
                  .find("deep in the tree; say which"),
              std::string::npos);
    EXPECT_NE(refused_tree({"train/train/a.png", "train/val/b.png", "test/c.png"}).find("val=train/val"),
              std::string::npos);
    EXPECT_NE(refused_tree({"a.png", "test/b.png"}).find("with 1 image beside it"), std::string::npos);
}

TEST(FolderReading, TheOptionDecides) {
    const Lines tree = {"train/a.png", "test/b.png", "extra/c.png"};
    EXPECT_EQ(read_tree(tree, {"none"}),
              (Places{{"train/a.png", "train train"}, {"test/b.png", "train test"}, {"extra/c.png", "train extra"}}));
    EXPECT_EQ(read_tree(tree, {"train=train", "test=test/"}),
              (Places{{"train/a.png", "train -"}, {"test/b.png", "test -"}}));
    EXPECT_EQ(read_tree(tree, {"train=train", "train=extra"}),
              (Places{{"train/a.png", "train -"}, {"extra/c.png", "train -"}}));
    EXPECT_NE(refused_tree(tree, {"train=trian"}).find("holds no folder trian with images"), std::string::npos);
    EXPECT_NE(refused_tree(tree, {"maybe"}).find("takes auto, none, TABLE:COLUMN, or SPLIT=PATH"), std::string::npos);
    EXPECT_NE(refused_tree({"a/b/c.png", "a/d/e.png"}, {"train=a", "test=a/b"}).find("a/b/ is within a/"),
              std::string::npos);
}

TEST(FolderReading, WhatTheOptionLeavesOutIsCounted) {
    const TemporaryFolder folder;
    write_images(folder, {"train/a.png", "extra/b.png", "extra/deep/c.png"});
    ImportOptions options = options_for(folder);
    options.split_folders = {"train=train"};
    EXPECT_EQ(left_out_of(options),
              (Lines{"images outside of the folders that --splits names (2): extra/b.png, extra/deep/c.png"}));
}

TEST(FolderReading, MasksBesideImagesAreLeftOutAndCounted) {
    const std::string said = "masks or labels beside images, by their names (";
    const std::string remedy = "; --splits none takes them as images too";
    const std::vector<std::tuple<Lines, Places, std::string>> cases = {
        {{"images/a.png", "images/b.png", "masks/a.png", "masks/b.png"},
         {{"images/a.png", "train -"}, {"images/b.png", "train -"}},
         said + "2): masks/a.png, masks/b.png"},
        {{"train/images/a.png", "train/labels/a.png", "val/images/b.png", "val/labels/b.png"},
         {{"train/images/a.png", "train -"}, {"val/images/b.png", "val -"}},
         said + "2): train/labels/a.png, val/labels/b.png"},
        {{"img/train/a.png", "img/val/b.png", "gt/train/a.png", "gt/val/b.png"},
         {{"img/train/a.png", "train -"}, {"img/val/b.png", "val -"}},
         said + "2): gt/train/a.png, gt/val/b.png"},
        {{"cat/images/a.png", "cat/masks/a.png", "dog/images/b.png", "dog/masks/b.png"},
         {{"cat/images/a.png", "train cat"}, {"dog/images/b.png", "train dog"}},
         said + "2): cat/masks/a.png, dog/masks/b.png"},
        {{"train_images/a.png", "train_masks/a.png", "test_images/b.png"},
         {{"train_images/a.png", "train -"}, {"test_images/b.png", "test -"}},
         said + "1): train_masks/a.png"},
        {{"JPEGImages/a.jpg", "SegmentationClass/a.png", "SegmentationObject/a.png"},
         {{"JPEGImages/a.jpg", "train -"}},
         said + "2): SegmentationClass/a.png, SegmentationObject/a.png"},
        {{"a.png", "a_mask.png", "b.jpg", "b_mask.png", "b_mask_1.png", "c-seg.png"},
         {{"a.png", "train -"}, {"b.jpg", "train -"}, {"c-seg.png", "train -"}},
         said + "3): a_mask.png, b_mask.png, b_mask_1.png"},
        {{"cat/a (1).png", "cat/a (1)_segmentation.png", "dog/0.png", "dog/0_GT.png"},
         {{"cat/a (1).png", "train cat"}, {"dog/0.png", "train dog"}},
         said + "2): cat/a (1)_segmentation.png, dog/0_GT.png"}};
    for (const auto& [paths, places, line] : cases) {
        const TemporaryFolder folder;
        write_images(folder, paths);
        ImportOptions options = options_for(folder);
        EXPECT_EQ(images_of(options), places) << line;
        EXPECT_EQ(left_out_of(options), Lines{line + remedy});
        options.split_folders = {"none"};
        EXPECT_EQ(images_of(options).size(), paths.size()) << line;
        EXPECT_EQ(left_out_of(options), Lines{});
    }
}

TEST(FolderReading, FoldersThatMayHoldMasksAreAskedFor) {
    EXPECT_NE(refused_tree({"images/a.png", "masks/a.png", "owls/b.png"})
                  .find("masks/ is named like masks or labels of images, and owls/ beside it leave open whose; say "
                        "which folders hold the images, as in --splits train=owls (others are left out), or that all "
                        "are classes: --splits none"),
              std::string::npos);
    const Lines scans = {"scans/a.png", "scans/b.png", "masks/a_mask.png", "masks/b_mask.png"};
    EXPECT_NE(refused_tree(scans).find("--splits train=scans"), std::string::npos);
    EXPECT_EQ(read_tree(scans, {"train=scans"}), (Places{{"scans/a.png", "train -"}, {"scans/b.png", "train -"}}));
    EXPECT_EQ(read_tree(scans, {"train=masks"}).size(), 2U);
    expect_places({{"mask/a.png", "train mask"}, {"no_mask/b.png", "train no_mask"}}); // people with and without one
    expect_places({{"with_mask/a.png", "train with_mask"}, {"without_mask/b.png", "train without_mask"}});
}

TEST(FolderReading, OneRuleForHiddenNamesAndLinksAtEveryLevel) {
    const TemporaryFolder folder;
    const TemporaryFolder elsewhere;
    write_bytes(elsewhere / "fox/f.png", make_png({4, 4, 3}, 9));
    for (const char* level : {"", "cat/", "cat/deep/"}) {
        const std::string at = level;
        write_images(folder, {at + "a.png", at + ".b.png", at + ".hidden/c.png", at + "__MACOSX/d.png",
                              at + ".ipynb_checkpoints/e.png", "dog/f.png"});
        write_bytes(folder / ("source/" + at + "Thumbs.db"), {'x'});
        write_bytes(folder / ("source/" + at + "movie.gif"), {'x'});
        fs::create_directory_symlink("nowhere", folder / ("source/" + at + "broken"));
        fs::create_symlink("gone.png", folder / ("source/" + at + "gone.png"));
        fs::create_directory_symlink(folder / "source/dog", folder / ("source/" + at + "again"));
        fs::create_directory_symlink(".", folder / ("source/" + at + "circle"));
        fs::create_symlink("a.png", folder / ("source/" + at + "link.png"));
        fs::create_directory(folder / ("source/" + at + "empty"));
    }
    fs::create_directory_symlink(elsewhere / "fox", folder / "source/fox");
    const ImportOptions options = options_for(folder);
    EXPECT_EQ(images_of(options), (Places{{"a.png", "train -"},
                                          {"link.png", "train -"},
                                          {"cat/a.png", "train cat"},
                                          {"cat/link.png", "train cat"},
                                          {"cat/deep/a.png", "train cat"},
                                          {"cat/deep/link.png", "train cat"},
                                          {"dog/f.png", "train dog"},
                                          {"fox/f.png", "train fox"}}));
    std::map<std::string, std::int64_t> counts;
    for (const LeftOut& one : import_images(options).left_out) {
        counts[one.what] = one.count;
    }
    EXPECT_EQ(counts, (std::map<std::string, std::int64_t>{{"hidden files and folders", 12},
                                                           {"files that are no images by their extension", 3},
                                                           {"image files of kinds that are not read", 3},
                                                           {"links that lead nowhere", 6},
                                                           {"links to folders that are read anyway", 6},
                                                           {"folders without an image", 3}}));
}

TEST(FolderReading, OfTwoLinksToOneFolderOneIsRead) {
    const TemporaryFolder folder;
    const TemporaryFolder elsewhere;
    write_bytes(elsewhere / "fox/f.png", make_png({4, 4, 3}, 9));
    write_images(folder, {"cat/a.png"});
    fs::create_directory_symlink(elsewhere / "fox", folder / "source/fox");
    fs::create_directory_symlink(elsewhere / "fox", folder / "source/hound");
    EXPECT_EQ(images_of(options_for(folder)).size(), 2U);
    EXPECT_EQ(left_out_of(options_for(folder)), (Lines{"links to folders that are read anyway (1): hound"}));
}

TEST(FolderReading, ALinkAroundAFolderThatIsReadIsNotSaidToBeReadAnyway) {
    const TemporaryFolder folder;
    const TemporaryFolder elsewhere;
    write_bytes(elsewhere / "all/fox/f.png", make_png({4, 4, 3}, 9));
    write_bytes(elsewhere / "all/owl/o.png", make_png({4, 4, 3}, 8));
    write_images(folder, {"cat/a.png"});
    fs::create_directory_symlink(elsewhere / "all/fox", folder / "source/fox");
    fs::create_directory_symlink(elsewhere / "all", folder / "source/more");
    EXPECT_EQ(images_of(options_for(folder)).size(), 2U);
    EXPECT_EQ(left_out_of(options_for(folder)),
              (Lines{"links to folders around one that is read, whose other files are not read (1): more"}));
}

TEST(FolderReading, EmptyClassFoldersAreNoClasses) {
    const TemporaryFolder folder;
    write_images(folder, {"cat/a.png", "dog/b.png"});
    write_bytes(folder / "source/checkpoints/step.txt", {'x'});
    EXPECT_EQ(images_of(options_for(folder)), (Places{{"cat/a.png", "train cat"}, {"dog/b.png", "train dog"}}));
    EXPECT_EQ(left_out_of(options_for(folder)),
              (Lines{"files that are no images by their extension (1): checkpoints/step.txt",
                     "folders without an image (1): checkpoints"}));
}

TEST(FolderReading, ClassesThatOneSplitLacksAreTold) {
    const TemporaryFolder folder;
    write_images(folder, {"train/cat/a.png", "train/dog/b.png", "test/cat/c.png", "test/fox/d.png", "test/e.png"});
    EXPECT_EQ(
        import_images(options_for(folder)).notes,
        (Lines{"split test: 1 of 3 images have no label",
               "split test has 1 class that split train has no image of: fox; what is trained on train cannot know "
               "them",
               "split test has no image of 1 class of split train: dog"}));
}

TEST(FolderReading, AFolderAloneOnItsLevelIsTold) {
    const TemporaryFolder folder;
    write_images(folder, {"train/n1/a.png", "train/n2/b.png", "val/images/c.png"});
    EXPECT_EQ(import_images(options_for(folder)).notes.at(0), "val/images/ is alone on its level and so no class");
}

TEST(FolderReading, AClassIsOneHoweverItsLettersAreComposed) {
    const std::string composed = "caf\xC3\xA9";
    const std::string decomposed = "cafe\xCC\x81";
    const auto images = read_tree({"train/" + composed + "/a.png", "train/dog/b.png", "test/" + decomposed + "/c.png"});
    EXPECT_EQ(images, (Places{{"train/" + composed + "/a.png", "train " + composed},
                              {"train/dog/b.png", "train dog"},
                              {"test/" + decomposed + "/c.png", "test " + composed}}));
    EXPECT_EQ(read_tree({composed + "/a.png", decomposed + "/b.png", "dog/c.png"}).at(decomposed + "/b.png"),
              "train " + composed);
}

TEST(FolderReading, NamesOfOtherBytesBecomeText) {
    EXPECT_EQ(read_tree({"caf\xE9/a.png", "dog/b.png"}).at("caf\xE9/a.png"), "train caf\\xE9");
    const TemporaryFolder folder;
    write_images(folder, {"caf\xE9/a.png", "dog/b.png"});
    EXPECT_EQ(import_images(options_for(folder)).classes, (Lines{"caf\\xE9", "dog"}));
}

} // namespace
} // namespace tacit::shards
