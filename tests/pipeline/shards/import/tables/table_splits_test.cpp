// SPDX-License-Identifier: Apache-2.0
// Splits out of tables and lists beside images.
#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)
using Places = std::map<std::string, std::string>;
using Lines = std::vector<std::string>;

class TableSplits : public ::testing::Test {
  protected:
    void images(const Lines& paths) { write_images(folder_, paths); }
    void table(const std::string& path, const std::string& text) {
        write_bytes(folder_ / ("source/" + path), Bytes(text.begin(), text.end()));
    }
    ImportOptions options(const Lines& splits = {}) const {
        ImportOptions made = options_for(folder_);
        made.split_folders = splits;
        made.overwrite = true;
        return made;
    }
    Places read(const Lines& splits = {}) const { return images_of(options(splits)); }
    std::string notes(const Lines& splits = {}) const {
        std::string all;
        for (const std::string& note : import_images(options(splits)).notes) {
            all += note + "\n";
        }
        return all;
    }
    TemporaryFolder folder_;
};

TEST_F(TableSplits, AColumnOfWordsForSplitsIsRead) {
    images({"1.png", "2.png", "3.png"});
    table("t.csv", "file,label,split\n3.png,cat,Training\n1.png,dog,test\n2.png,cat,train\n");
    const Places split = {{"1.png", "test dog"}, {"2.png", "train cat"}, {"3.png", "train cat"}};
    EXPECT_EQ(read(), split);
    EXPECT_NE(notes().find("t.csv: column split: says the splits of the images; --splits none makes one split of them"),
              std::string::npos)
        << notes();
    ImportOptions named = options();
    named.labels = "t.csv:label";
    EXPECT_EQ(images_of(named), split);
    EXPECT_EQ(read({"none"}).at("1.png"), "train dog");
    const Dataset whole = [&] {
        import_images(options({"none"}));
        return Dataset::open(options().out, "train");
    }();
    const Bytes first = pixels_of(whole, 0); // of 1.png
    const ImportSummary summary = import_images(options());
    ASSERT_EQ(summary.splits.size(), 2U);
    const Dataset test = Dataset::open(options().out, "test");
    ASSERT_EQ(test.info().size, 1);
    EXPECT_EQ(pixels_of(test, 0), first);
}

TEST_F(TableSplits, AColumnOfSplitsIsNoColumnOfClasses) {
    images({"1.png", "2.png", "3.png"});
    table("t.csv", "file,phase\n1.png,train\n2.png,val\n3.png,train\n");
    EXPECT_EQ(read(), (Places{{"1.png", "train -"}, {"2.png", "val -"}, {"3.png", "train -"}}));
    images({"cat/1.png", "dog/2.png"});
    table("t.csv", "path,split\ncat/1.png,train\ndog/2.png,test\n1.png,train\n2.png,train\n3.png,val\n");
    EXPECT_EQ(read().at("dog/2.png"), "test dog");
}

TEST_F(TableSplits, WhatIsNotClearIsNamedWithTheOptionThatTakesIt) {
    images({"1.png", "2.png", "3.png"});
    table("t.csv", "file,label,fold\n1.png,cat,0\n2.png,dog,1\n3.png,cat,1\n");
    EXPECT_EQ(read().at("2.png"), "train dog");
    EXPECT_NE(notes().find("t.csv: column fold: tells of splits, but holds other texts than words for splits, such as "
                           "'1'; --splits t.csv:fold takes what it says, --splits none says that none is meant"),
              std::string::npos)
        << notes();
    EXPECT_EQ(read({"t.csv:fold"}), (Places{{"1.png", "0 cat"}, {"2.png", "1 dog"}, {"3.png", "1 cat"}}));
    table("t.csv", "file,label,split\n1.png,cat,train\n2.png,dog,test\n");
    EXPECT_EQ(read().at("2.png"), "train -");
    EXPECT_NE(notes().find("t.csv: column split: tells of splits, but says none of 1 of 3 images; --splits t.csv:split "
                           "takes what it says"),
              std::string::npos)
        << notes();
    EXPECT_EQ(images_of(options({"t.csv:split"})).size(), 2U);
    EXPECT_EQ(left_out_of(options({"t.csv:split"})).front(), "images of no split that --splits names (1): 3.png");
    table("t.csv", "file,split,subset\n1.png,train,test\n2.png,test,train\n3.png,test,test\n");
    EXPECT_NE(notes().find("t.csv: column subset: tells of splits, but says others than t.csv: column split, not "
                           "taken either"),
              std::string::npos)
        << notes();
    EXPECT_EQ(notes().find("says the splits of the images"), std::string::npos) << notes();
    EXPECT_EQ(left_out_of(options()), (Lines{"files that are no images by their extension (1): t.csv"}));
    table("t.csv", "file,split\n1.png,train\n2.png,test\n3.png,test\n");
    table("u.csv", "file,split\n1.png,test\n2.png,test\n3.png,train\n");
    EXPECT_EQ(read().at("1.png"), "train -");
    EXPECT_NE(notes().find("u.csv: column split: tells of splits, but says others than t.csv: column split, not "
                           "taken either"),
              std::string::npos)
        << notes();
}

TEST_F(TableSplits, FoldersThatSayOthersCountAndAreTold) {
    images({"train/1.png", "test/2.png"});
    table("t.csv", "file,split\n1.png,train\n2.png,train\n");
    EXPECT_EQ(read().at("test/2.png"), "test -");
    EXPECT_NE(notes().find("t.csv: column split: tells of splits, but says other splits of 1 images than their "
                           "places do; --splits t.csv:split takes what it says"),
              std::string::npos)
        << notes();
    EXPECT_EQ(read({"t.csv:split"}).at("test/2.png"), "train -");
    table("t.csv", "file,split\n1.png,train\n2.png,test\n");
    EXPECT_EQ(notes().find("t.csv: column split"), std::string::npos) << notes();
}

TEST_F(TableSplits, ListsThatTellOneSplitOfEveryImageAreRead) {
    images({"JPEGImages/1.png", "JPEGImages/2.png", "JPEGImages/3.png"});
    table("ImageSets/Main/train.txt", "1\n3\n");
    table("ImageSets/Main/val.txt", "2\n");
    table("ImageSets/Main/trainval.txt", "1\n2\n3\n");
    EXPECT_EQ(
        read(),
        (Places{{"JPEGImages/1.png", "train -"}, {"JPEGImages/2.png", "val -"}, {"JPEGImages/3.png", "train -"}}));
    EXPECT_NE(notes().find("ImageSets/Main/train.txt, ImageSets/Main/val.txt: say the splits of the images"),
              std::string::npos)
        << notes();
    images({"JPEGImages/4.png"});
    EXPECT_EQ(read().at("JPEGImages/2.png"), "train -");
    EXPECT_NE(notes().find("ImageSets/Main/train.txt, ImageSets/Main/val.txt: tell of splits, but say none of 1 of 4 "
                           "images; --splits train=ImageSets/Main/train.txt val=ImageSets/Main/val.txt takes what "
                           "they say"),
              std::string::npos)
        << notes();
    const Lines told = {"train=ImageSets/Main/train.txt", "val=ImageSets/Main/val.txt"};
    EXPECT_EQ(
        read(told),
        (Places{{"JPEGImages/1.png", "train -"}, {"JPEGImages/2.png", "val -"}, {"JPEGImages/3.png", "train -"}}));
    EXPECT_EQ(left_out_of(options(told)).back(), "images of no split that --splits names (1): JPEGImages/4.png");
}

TEST_F(TableSplits, AListOfSomeImagesIsNamedWithTheOptionThatTakesIt) {
    images({"1.png", "2.png", "3.png", "4.png", "5.png"});
    table("test.txt", "2\n");
    EXPECT_EQ(read().at("2.png"), "train -");
    EXPECT_NE(notes().find("test.txt: tells of splits, but says none of 4 of 5 images; --splits test=test.txt takes "
                           "what it says, --splits none says that none is meant"),
              std::string::npos)
        << notes();
    table("test.txt", "about\n");
    table("train.txt", "1\n2\n3\n4\n5\n"); // as they are without it
    EXPECT_EQ(notes().find("tells of splits"), std::string::npos) << notes();
}

TEST_F(TableSplits, AListOfAllImagesTellsTheirSplit) {
    images({"a.png", "b.png", "c.png"});
    table("val.txt", "a.png 0\nb.png 1\nc.png 1\n"); // with labels
    EXPECT_EQ(read(), (Places{{"a.png", "val 0"}, {"b.png", "val 1"}, {"c.png", "val 1"}}));
    EXPECT_NE(notes().find("val.txt: says the splits of the images; --splits none makes one split of them"),
              std::string::npos)
        << notes();
}

TEST_F(TableSplits, TheTableOfLabelsIsNotMistakenForAnother) {
    images({"1.png", "2.png", "3.png"});
    const Places split = {{"1.png", "train cat"}, {"2.png", "train dog"}, {"3.png", "val cat"}};
    table("train.txt", "1\n2\n");
    table("val.txt", "3\n");
    table("trainval.csv", "file,label\n1.png,cat\n2.png,dog\n3.png,cat\n");
    ImportOptions named = options();
    named.labels = "trainval.csv:label";
    EXPECT_EQ(images_of(named), split);
    EXPECT_EQ(left_out_of(named), Lines()); // no row, no image, no table
    EXPECT_EQ(read(), split);
}

TEST_F(TableSplits, TablesOfLabelsForEachSplitLeaveThoseOfSplitsAlone) {
    images({"1.png", "2.png", "3.png"});
    table("train.csv", "file,label\n1.png,cat\n");
    table("val.csv", "file,label\n3.png,cat\n");
    table("z.csv", "file,split\n1.png,train\n2.png,train\n3.png,val\n");
    ImportOptions named = options();
    named.labels = "{split}.csv:label";
    EXPECT_EQ(images_of(named), (Places{{"1.png", "train cat"}, {"2.png", "train -"}, {"3.png", "val cat"}}));
}

TEST_F(TableSplits, TablesNamedForSplitsTellTheirLabelsToo) {
    images({"1.png", "2.png", "3.png", "4.png"});
    table("train.csv", "id,label\n1,cat\n3,dog\n4,cat\n");
    table("test.csv", "id,label\n2,dog\n");
    EXPECT_EQ(read(),
              (Places{{"1.png", "train cat"}, {"2.png", "test dog"}, {"3.png", "train dog"}, {"4.png", "train cat"}}));
}

TEST_F(TableSplits, ListsAndColumnsWhoseNamesFitTwoImagesAreNamed) {
    images({"a/1.png", "b/1.png", "a/2.png", "b/2.png", "a/3.png"});
    table("train.txt", "1\n2\n");
    table("test.txt", "3\n");
    const std::string shared = "train.txt: line 1 ('1') fits images 'a/1.png' and 'b/1.png' by '1', line 2 ('2') fits "
                               "images 'a/2.png' and 'b/2.png' by '2'; give each a row with its whole name; so no "
                               "splits are taken from it; --splits none says that none is meant";
    EXPECT_NE(notes().find(shared), std::string::npos) << notes();
    EXPECT_EQ(notes({"none"}), "");
    table("train.txt", "a/1\nb/1\na/2\nb/2\n");
    EXPECT_EQ(read().at("a/3.png"), "test a");
    table("t.csv", "file,split\n1.png,train\n2.png,test\n");
    table("train.txt", "\n");
    table("test.txt", "\n");
    EXPECT_NE(notes().find("t.csv: line 2 ('1.png') fits images 'a/1.png' and 'b/1.png'"), std::string::npos)
        << notes();
    EXPECT_EQ(notes().find("no labels"), std::string::npos) << notes(); // it has no column for them
}

TEST_F(TableSplits, NamesThatFitImagesOfTwoFoldersForSplitsAreNotNamed) {
    images({"train/a/1.png", "val/a/1.png"});
    table("train.txt", "a/1\n");
    EXPECT_EQ(notes().find("fits images"), std::string::npos) << notes();
}

TEST_F(TableSplits, AnImageOfTwoListsIsRefused) {
    images({"1.png", "2.png"});
    table("train.txt", "1\n2\n");
    table("test.txt", "2\n");
    EXPECT_NE(notes().find("test.txt, train.txt: tell of splits, but say 'test' and 'train' of image '2.png'; "
                           "--splits test=test.txt "
                           "train=train.txt takes what they say"),
              std::string::npos)
        << notes();
    const std::string message = message_of<ConfigError>([&] { read({"train=train.txt", "test=test.txt"}); });
    EXPECT_NE(message.find("says 'train' and 'test' of image '2.png'; an image belongs to one split"),
              std::string::npos)
        << message;
    ImportOptions drawn = options({"train=train.txt"});
    drawn.test_fraction = 0.5;
    EXPECT_THROW(import_images(drawn), ConfigError);
}

} // namespace
} // namespace tacit::shards
