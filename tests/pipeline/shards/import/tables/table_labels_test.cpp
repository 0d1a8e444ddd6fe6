// SPDX-License-Identifier: Apache-2.0
// Labels out of tables beside images.
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)
using Places = std::map<std::string, std::string>;
using Lines = std::vector<std::string>;

/// A source of these images and files of text.
class TableLabels : public ::testing::Test {
  protected:
    void images(const Lines& paths) { write_images(folder_, paths); }
    void table(const std::string& path, const std::string& text) {
        write_bytes(folder_ / ("source/" + path), Bytes(text.begin(), text.end()));
    }
    ImportOptions options(const std::string& labels = "") const {
        ImportOptions made = options_for(folder_);
        made.labels = labels;
        return made;
    }
    Places read(const std::string& labels = "") const { return images_of(options(labels)); }
    std::string notes() const {
        std::string all;
        ImportOptions again = options();
        again.overwrite = true;
        for (const std::string& note : import_images(again).notes) {
            all += note + "\n";
        }
        return all;
    }
    TemporaryFolder folder_;
};

TEST_F(TableLabels, ATableWithOneColumnOfClassesIsRead) {
    images({"images/1.png", "images/2.png", "images/3.png", "images/4.png"});
    table("images.csv", "image,label\n2.png,dog\n1.png,cat\n4.png,dog\n3.png,cat\n");
    EXPECT_EQ(read(), (Places{{"images/1.png", "train cat"},
                              {"images/2.png", "train dog"},
                              {"images/3.png", "train cat"},
                              {"images/4.png", "train dog"}}));
    EXPECT_NE(
        notes().find("images.csv: labels of 4 of 4 images are taken from column label, images are named by column "
                     "image; --labels none leaves them out"),
        std::string::npos);
    EXPECT_EQ(read("none").at("images/1.png"), "train -");
}

TEST_F(TableLabels, NamesMayStandInAnyColumn) {
    images({"a/1.png", "a/2.png"});
    table("t.csv", "width,species,file\n4,cat,2.png\n4,dog,1.png\n");
    EXPECT_EQ(read("t.csv:species"), (Places{{"a/1.png", "train dog"}, {"a/2.png", "train cat"}}));
    table("t.tsv", "species\tid\ncat\t1\ndog\t2\n");
    EXPECT_EQ(read("t.tsv:species"), (Places{{"a/1.png", "train cat"}, {"a/2.png", "train dog"}}));
}

TEST_F(TableLabels, OfTwoColumnsThatHoldNamesTheExactOneCounts) {
    images({"0.png", "1.png", "2.png"});
    table("t.csv", "index,file,label\n0,2.png,c\n1,0.png,a\n2,1.png,b\n");
    EXPECT_EQ(read("t.csv:label"), (Places{{"0.png", "train a"}, {"1.png", "train b"}, {"2.png", "train c"}}));
}

TEST_F(TableLabels, OfTwoColumnsThatNameImagesAlikeOneIsAskedFor) {
    images({"images/0.png", "images/1.png", "images/2.png"});
    for (const std::string one : {"mask,image,label\n1.png,0.png,a\n2.png,1.png,b\n0.png,2.png,a\n",
                                  "idx,image,label\n0,1,b\n1,2,a\n2,0,a\n",                // pandas' numbers of rows
                                  "idx,image,label\n0,1.png,b\n1,7.png,a\n2,0.png,a\n"}) { // of more images than names
        table("t.csv", one);
        EXPECT_EQ(read().at("images/1.png"), "train -") << one;
        EXPECT_NE(notes().find("both name images"), std::string::npos) << notes();
        const std::string told = message_of<DataError>([&] { read("t.csv:label"); });
        EXPECT_NE(told.find("both name images, and give them other rows; say which counts, as in t.csv:COLUMN:"),
                  std::string::npos)
            << told;
        EXPECT_NE(told.find(":COLUMN:image"), std::string::npos) << told;
        const Places places = read("t.csv:label:image");
        EXPECT_EQ(places.at("images/0.png"), "train a") << one;
        EXPECT_EQ(places.at("images/1.png"), "train b") << one;
    }
    table("t.csv", "image,copy,label\n0.png,0.png,a\n1.png,1.png,b\n2.png,2.png,a\n");
    EXPECT_EQ(read().at("images/1.png"), "train b"); // both say the same
}

TEST_F(TableLabels, AnIndexWithoutANameIsShownByItsNumber) {
    images({"0.png", "1.png", "2.png"});
    table("t.csv", ",id,label\n0,1,b\n1,2,a\n2,0,a\n");
    const std::string told = message_of<DataError>([&] { read("t.csv:label"); });
    EXPECT_NE(told.find("t.csv: columns '1' (the column without a name) and 'id' both name images, and give them other "
                        "rows; say which counts, as in t.csv:COLUMN:1 or t.csv:COLUMN:id"),
              std::string::npos)
        << told;
    EXPECT_EQ(read("t.csv:label:id").at("1.png"), "train b");
    EXPECT_EQ(read("t.csv:label:1").at("1.png"), "train a");
}

TEST_F(TableLabels, AColumnOfClassNumbersIsNoNameOfImages) {
    images({"0.png", "1.png", "2.png", "3.png"});
    table("t.csv", "class_id,image,label\n0,1,a\n1,0,b\n1,2,b\n0,3,a\n");
    EXPECT_EQ(read("t.csv:label"),
              (Places{{"0.png", "train b"}, {"1.png", "train a"}, {"2.png", "train b"}, {"3.png", "train a"}}));
}

TEST_F(TableLabels, NamesFromWindowsAreUnderstood) {
    images({"images/Img_0.png", "images/Img_1.png"});
    table("t.csv", "path,label\nC:\\data\\Img_0.png,cat\nC:\\data\\Img_1.png,cat\n");
    EXPECT_EQ(read(), (Places{{"images/Img_0.png", "train cat"}, {"images/Img_1.png", "train cat"}}));
}

TEST_F(TableLabels, UsedTablesAreNotCountedAsLeftOut) {
    images({"images/1.png", "images/2.png"});
    table("t.csv", "file,label\n1.png,cat\n2.png,cat\n");
    table("readme.txt", "about\n");
    EXPECT_EQ(left_out_of(options()), (Lines{"files that are no images by their extension (1): readme.txt"}));
    EXPECT_EQ(left_out_of(options("t.csv:label")),
              (Lines{"files that are no images by their extension (1): readme.txt"}));
    EXPECT_EQ(left_out_of(options("none")),
              (Lines{"files that are no images by their extension (2): readme.txt, t.csv"}));
}

TEST_F(TableLabels, ListsOfNamesAreNoTablesOfLabels) {
    images({"images/1.png", "images/2.png"});
    table("list.txt", "1.png\n2.png\n");
    EXPECT_EQ(notes().find("list.txt"), std::string::npos) << notes();
    table("t.csv", "file,label\n8.png,cat\n9.png,cat\n");
    EXPECT_NE(notes().find("t.csv: is headed like a table of labels, but holds names of 0 of 2 images without a label: "
                           "images have names such as 'images/1.png', rows hold '9.png'"),
              std::string::npos)
        << notes();
}

TEST_F(TableLabels, ATableWithoutAHeaderThatHoldsKnownClassesIsRead) {
    images({"train/n1/images/n1_0.png", "train/n2/images/n2_0.png", "val/images/v0.png", "val/images/v1.png"});
    table("val/val_annotations.txt", "v0.png\tn2\t0\t32\nv1.png\tn1\t1\t2\n");
    table("train/n1/n1_boxes.txt", "n1_0.png\t0\t62\n");
    table("wnids.txt", "n1\nn2\n");
    EXPECT_EQ(read(), (Places{{"train/n1/images/n1_0.png", "train n1"},
                              {"train/n2/images/n2_0.png", "train n2"},
                              {"val/images/v0.png", "val n2"},
                              {"val/images/v1.png", "val n1"}}));
    EXPECT_NE(notes().find("val/val_annotations.txt: labels of 2 of 2 images are taken from column 2"),
              std::string::npos);
}

TEST_F(TableLabels, ATableForAFolderBesideItIsFound) {
    images({"images/1.png", "images/2.png"});
    table("annotations/labels.txt", "1.png 0\n2.png 0\n");
    EXPECT_EQ(read(), (Places{{"images/1.png", "train 0"}, {"images/2.png", "train 0"}}));
}

TEST_F(TableLabels, WhatNeedNotBeClassesIsNamedWithTheOptionThatReadsIt) {
    images({"1.png", "2.png", "3.png"});
    table("t.csv", "file,smiling,glasses\n1.png,0,1\n2.png,1,0\n3.png,1,1\n");
    EXPECT_EQ(read(), (Places{{"1.png", "train -"}, {"2.png", "train -"}, {"3.png", "train -"}}));
    EXPECT_NE(
        notes().find("t.csv: holds names of 3 of 3 images without a label, but which column holds classes is open "
                     "(smiling, glasses); --labels t.csv:COLUMN reads it"),
        std::string::npos);
    EXPECT_EQ(read("t.csv:glasses").at("2.png"), "train 0");
}

TEST_F(TableLabels, OneOfSeveralColumnsMayHoldTheOnly1OfARow) {
    images({"1.png", "2.png", "3.png"});
    table("t.csv", "image,MEL,NV,BCC,split\n3,0.0,1.0,0.0,train\n1,1.0,0.0,0.0,train\n2,0.0,1.0,0.0,train\n");
    EXPECT_EQ(read(), (Places{{"1.png", "train MEL"}, {"2.png", "train NV"}, {"3.png", "train NV"}}));
    EXPECT_NE(notes().find("t.csv: labels of 3 of 3 images are taken from columns (one 1 a row) MEL, NV, BCC, images "
                           "are named by column image; --labels none leaves them out"),
              std::string::npos)
        << notes();
    table("t.csv", "image,MEL,NV,BCC\n3,0,1,0\n1,0,0,0\n2,0,1,0\n");
    EXPECT_EQ(read().at("3.png"), "train -");
}

TEST_F(TableLabels, OfTwoColumnsThatSayTheOppositeOneIsAskedFor) {
    images({"1.png", "2.png", "3.png"});
    table("t.csv", "image,male,female\n3,0,1\n1,1,0\n2,0,1\n");
    EXPECT_EQ(read().at("3.png"), "train -");
    EXPECT_NE(notes().find("t.csv: holds names of 3 of 3 images without a label, but which column holds classes is "
                           "open (male, female); --labels t.csv:COLUMN reads it"),
              std::string::npos)
        << notes();
    EXPECT_EQ(read("t.csv:male").at("1.png"), "train 1");
}

TEST_F(TableLabels, AnglesAndCaptionsAreNoClasses) {
    images({"1.png", "2.png", "3.png"});
    for (const char* cells : {"1.png,0.5\n2.png,0.5\n3.png,-0.2\n", "1.png,a cat\n2.png,a dog\n3.png,two dogs\n"}) {
        table("t.csv", std::string("file,value\n") + cells);
        EXPECT_EQ(read().at("1.png"), "train -") << cells;
    }
}

TEST_F(TableLabels, NamesOfFoldersStayNamesWhateverATableSays) {
    const auto classes = [&] {
        ImportOptions made = options();
        made.overwrite = true;
        import_images(made);
        return Dataset::open(made.out, "train").info().classes;
    };
    images({"1/a.png", "2/b.png", "3/c.png", "x.png"});
    table("t.csv", "file,smiling,glasses\nx.png,no,yes\n");
    EXPECT_NE(notes().find("which column holds classes is open"), std::string::npos) << notes();
    EXPECT_EQ(classes(), (Lines{"1", "2", "3"}));
    table("t.csv", "file,label\nx.png,2\n");
    EXPECT_EQ(classes(), (Lines{"1", "2", "3"}));
    EXPECT_EQ(read().at("x.png"), "train 2");
}

TEST_F(TableLabels, ATableBesideClassFoldersIsNamedWithTheOptionThatReadsIt) {
    images({"batch0/0.png", "batch0/1.png", "batch1/2.png", "batch1/3.png"});
    table("labels.csv", "file;label\n0.png;cat\n1.png;dog\n2.png;cat\n3.png;dog\n");
    EXPECT_EQ(read().at("batch0/1.png"), "train batch0");
    EXPECT_NE(notes().find("labels.csv: seems to hold labels too, but images have the classes of their folders; "
                           "--labels labels.csv:COLUMN takes them from the table"),
              std::string::npos)
        << notes();
    EXPECT_EQ(read("labels.csv:label").at("batch0/1.png"), "train dog");
}

TEST_F(TableLabels, FoldersOfPatientsAndVisitsGetAWayForward) {
    images({"p1/v1/a.png", "p1/v2/b.png", "p2/v1/c.png", "p2/v2/d.png"});
    EXPECT_EQ(read().at("p2/v1/c.png"), "train p2");
    EXPECT_NE(
        notes().find("folders within p1/ (p1/v1/, p1/v2/, …) are no classes of their own: their images are counted "
                     "to it, and so in every class; where folders are no classes (patients, visits), --labels "
                     "TABLE:COLUMN takes them from a table, --labels none leaves them out"),
        std::string::npos)
        << notes();
    table("t.csv", "path,label\np1/v1/a.png,x\np1/v2/b.png,y\np2/v1/c.png,y\np2/v2/d.png,x\n");
    EXPECT_EQ(read("t.csv:label").at("p2/v1/c.png"), "train y");
}

TEST_F(TableLabels, ATableThatCannotBeReadIsNamedWithWhatToDo) {
    images({"0.png", "1.png"});
    std::string wide = "\xFF\xFE";
    for (const char letter : std::string("file,label\n0.png,cat\n1.png,dog\n")) {
        wide += {letter, '\0'};
    }
    table("labels.csv", wide);
    EXPECT_NE(
        notes().find("labels.csv: is no text in UTF-8, but in UTF-16 or binary; save the table as UTF-8 (iconv -f "
                     "UTF-16 -t UTF-8); so no labels are taken from it"),
        std::string::npos)
        << notes();
}

TEST_F(TableLabels, NumbersFromAnotherStartThanThoseOfFilesAreNotTaken) {
    images({"1.png", "2.png", "3.png", "4.png", "5.png", "6.png", "7.png", "8.png", "9.png", "10.png", "11.png"});
    table("t.csv", "index,label\n0,a\n1,a\n2,b\n3,b\n4,a\n5,a\n6,b\n7,b\n8,a\n9,a\n10,b\n");
    EXPECT_EQ(read().at("1.png"), "train -");
    EXPECT_NE(notes().find("t.csv: the 11 numbers in column 'index' fit 10 of 11 images by their names; they may count "
                           "from another start"),
              std::string::npos)
        << notes();
    EXPECT_EQ(read("t.csv:label:index").at("2.png"), "train b");
}

TEST_F(TableLabels, NewNamesFollowThoseOfFolders) {
    images({"0000045/a.png", "0494414/b.png", "nan/c.png", "x.png", "y.png"});
    table("t.csv", "file,label\nx.png,0494414\ny.png,ant\n");
    EXPECT_EQ(read(), (Places{{"0000045/a.png", "train 0000045"},
                              {"0494414/b.png", "train 0494414"},
                              {"nan/c.png", "train nan"},
                              {"x.png", "train 0494414"},
                              {"y.png", "train ant"}}));
    import_images(options());
    EXPECT_EQ(Dataset::open(options().out, "train").info().classes, (Lines{"0000045", "0494414", "nan", "ant"}));
}

TEST_F(TableLabels, TwoTablesThatContradictEachOtherAreNotRead) {
    images({"1.png", "2.png"});
    table("a.csv", "file,label\n1.png,0\n2.png,1\n");
    table("b.csv", "file,label\n1.png,1\n2.png,0\n");
    EXPECT_EQ(read().at("1.png"), "train -");
    EXPECT_NE(notes().find("another table says other classes"), std::string::npos);
}

TEST_F(TableLabels, ImagesWithoutARowKeepWhatAnotherTableSays) {
    Lines names = {"20.png"};
    std::string all = "file,label\n20.png,dog\n";
    std::string most = "file,label\n20.png,\n"; // without the last image, and nothing of another
    for (int i = 0; i < 20; ++i) {
        names.push_back(std::to_string(i) + ".png");
        const std::string row = names.back() + (i % 2 == 0 ? ",cat\n" : ",dog\n");
        all += row;
        most += i < 19 ? row : "";
    }
    images(names);
    for (const auto& [first, second] : {std::pair{all, most}, {most, all}}) {
        table("a.csv", first);
        table("b.csv", second);
        EXPECT_EQ(read().at("19.png"), "train dog") << notes();
        EXPECT_EQ(read().at("20.png"), "train dog") << notes();
        EXPECT_EQ(read().at("0.png"), "train cat") << notes();
    }
}

TEST_F(TableLabels, ImagesAndRowsWithoutEachOtherAreCounted) {
    images({"1.png", "2.png"});
    table("t.csv", "file,label\n1.png,cat\n9.png,dog\n1.png,cat\n");
    EXPECT_EQ(read("t.csv:label"), (Places{{"1.png", "train cat"}, {"2.png", "train -"}}));
    const std::string path = folder_ / "source/t.csv";
    EXPECT_EQ(left_out_of(options("t.csv:label")),
              (Lines{"images without a row in " + path + ": they have no label (1): 2.png",
                     "rows of " + path + " that say again what another says (1): line 4",
                     "rows of " + path + " that fit no image (1): line 3"}));
}

TEST_F(TableLabels, RowsOfTablesThatAreFoundAreCountedToo) {
    images({"1.png", "2.png", "3.png"});
    table("t.csv", "idx,file,label\n0,1.png,cat\n1,9.png,dog\n2,1.png,cat\n3,2.png,dog\n4,3.png,cat\n");
    EXPECT_EQ(read().at("2.png"), "train dog"); // `label` decides, whatever `idx` holds
    EXPECT_EQ(left_out_of(options()), (Lines{"rows of t.csv that say again what another says (1): line 4",
                                             "rows of t.csv that fit no image (1): line 3"}));
    table("t.csv", "file,label\n1.png,cat\n9.png,dog\n1.png,cat\n2.png,dog\n3.png,cat\n");
    EXPECT_EQ(read(), (Places{{"1.png", "train cat"}, {"2.png", "train dog"}, {"3.png", "train cat"}}));
    EXPECT_EQ(left_out_of(options()), (Lines{"rows of t.csv that say again what another says (1): line 4",
                                             "rows of t.csv that fit no image (1): line 3"}));
    table("t.csv", "file,label\n1.png,cat\n1.png,dog\n2.png,dog\n3.png,cat\n");
    EXPECT_EQ(read().at("2.png"), "train -");
    EXPECT_NE(notes().find("t.csv: image '1.png' fits '1.png' in line 2 and '1.png' in line 3, which do not agree"),
              std::string::npos)
        << notes();
}

TEST_F(TableLabels, NearNamesAreShown) {
    images({"0001.png", "0002.png", "0003.png"});
    table("t.csv", "id,label\n1,cat\n2,dog\n3,dog\n");
    EXPECT_NE(
        notes().find("t.csv: is headed like a table of labels, but holds names of 0 of 3 images without a label: "),
        std::string::npos);
    for (const std::string& told : {notes(), message_of<DataError>([&] { read("t.csv:label"); })}) {
        EXPECT_NE(told.find("image '0002.png' and '2' in line 3 are the same numbers in other texts; write names as "
                            "the images have them"),
                  std::string::npos)
            << told;
    }
    table("t.csv", "id,label\n0001.PNG,1\n0002.PNG,2\n0003.PNG,2\n");
    EXPECT_EQ(read("t.csv:label").at("0002.png"), "train 2"); // the extension does not count
    images({"IMG_a.png", "IMG_b.png"});
    table("t.csv", "id,label\nimg_a.png,1\nimg_b.png,2\n");
    const std::string cases = message_of<DataError>([&] { read("t.csv:label"); });
    EXPECT_NE(cases.find("are the same but for the case of letters; write names as the images have them"),
              std::string::npos)
        << cases;
}

TEST_F(TableLabels, ATableNamedForASplitIsForThatSplitAlone) {
    images({"train/1.png", "test/1.png"});
    table("train.csv", "file,label\n1.png,cat\n");
    EXPECT_EQ(read("train.csv:label"), (Places{{"test/1.png", "test -"}, {"train/1.png", "train cat"}}));
    table("test.csv", "file,label\n1.png,dog\n");
    EXPECT_EQ(read("{split}.csv:label"), (Places{{"test/1.png", "test dog"}, {"train/1.png", "train cat"}}));
}

TEST_F(TableLabels, ATableBesideImagesWithoutNamesIsNamedWithTheOptionThatReadsIt) {
    Hdf5File(folder_ / "a.h5").add("images", {3, 8, 8, 3}, Bytes(576, 7));
    ImportOptions made = options();
    made.path = folder_ / "a.h5";
    made.overwrite = true;
    const auto notes_of = [&](const std::string& rows) {
        write_bytes(folder_ / "t.csv", Bytes(rows.begin(), rows.end()));
        Lines notes = import_images(made).notes;
        std::erase_if(notes, [](const std::string& note) { return note.find("t.csv") == std::string::npos; });
        return notes;
    };
    EXPECT_EQ(notes_of("fold,Label\n0,a\n1,b\n0,a\n"),
              (Lines{"t.csv: has rows for 3 images; --labels t.csv:Label takes labels from it, --labels none says that "
                     "none is meant"}));
    EXPECT_EQ(notes_of("a\nb\na\n"), (Lines{"t.csv: has rows for 3 images; --labels t.csv:COLUMN takes labels from it, "
                                            "--labels none says that none is meant"}));
    EXPECT_EQ(notes_of("label\na\nb\n"), Lines());
    made.labels = "none";
    EXPECT_EQ(notes_of("label\na\nb\na\n"), Lines());
    made.labels = "t.csv:label";
    EXPECT_EQ(notes_of("label\na\nb\na\n"), Lines());
    EXPECT_EQ(Dataset::open(made.out, "train").labels(), (std::vector<std::int32_t>{0, 1, 0}));
}

TEST_F(TableLabels, NamesThatFitTwoImagesAreNamedWhateverTheTableIsCalled) {
    images({"1.png", "1.pgm", "2.png", "2.pgm", "3.png"});
    for (const std::string path : {"labels.txt", "labels.csv"}) {
        table(path, "1,0\n2,1\n3,1\n");
        EXPECT_NE(notes().find(path + ": line 1 ('1') fits images '1.pgm' and '1.png' by '1', line 2 ('2') fits images "
                                      "'2.pgm' and '2.png' by '2'; give each a row with its whole name; so no labels "
                                      "are taken from it"),
                  std::string::npos)
            << notes();
        table(path, "\n");
    }
}

TEST_F(TableLabels, ArchivesTakeTablesToo) {
    ImportOptions made = options();
    made.path = import_fixture("archives/val-ustar.tar");
    const auto before = images_of(made);
    std::string text = "key,label\n";
    for (const auto& [key, place] : before) {
        text += key + "," + (key == before.begin()->first ? "cat" : "dog") + "\n";
    }
    write_bytes(folder_ / "t.csv", Bytes(text.begin(), text.end()));
    made.labels = folder_ / "t.csv:label";
    EXPECT_EQ(images_of(made).at(before.begin()->first), "val cat");
    EXPECT_EQ(images_of(made).at(before.rbegin()->first), "val dog");
}

TEST_F(TableLabels, WrongTablesAreRefusedWithTheReason) {
    images({"1.png", "2.png"});
    table("t.csv", "file,label\n7.png,cat\n9.png,dog\n");
    EXPECT_NE(message_of<DataError>([&] { read("t.csv:label"); }).find("no row fits an image"), std::string::npos);
    EXPECT_NE(message_of<DataError>([&] { read("t.csv:lable"); }).find("it has: file, label"), std::string::npos);
    EXPECT_NE(message_of<IoError>([&] { read("u.csv:label"); }).find("u.csv: no such file in "), std::string::npos);
    EXPECT_NE(message_of<ConfigError>([&] { read("label"); }).find("takes TABLE:COLUMN"), std::string::npos);
}

} // namespace
} // namespace tacit::shards
