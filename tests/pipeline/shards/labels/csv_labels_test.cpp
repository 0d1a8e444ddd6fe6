// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/labels/csv_table.hpp"
#include "pipeline/shards/labels/labels.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

using testing::spec_of;
using testing::write_foreign;

using Names = std::vector<std::string>;
using Numbers = std::vector<std::int32_t>;

/// Column `label` of a table for images with these names, each a data set of its own.
Labels labels_of_table(const Names& images, const std::string& table) {
    const TemporaryFolder folder;
    {
        const testing::Hdf5File file(folder / "group.h5");
        for (const std::string& image : images) {
            file.add("images/" + image, {2, 2}, std::vector<std::uint8_t>(4));
        }
    }
    write_file_atomically(folder / "table.csv", table);
    const Dataset dataset = Dataset::open(spec_of(folder / "group.h5", "table.csv:label"), "train");
    Labels labels;
    labels.values = dataset.labels();
    labels.classes = dataset.info().classes;
    return labels;
}

/// What is said of a table that does not fit the images.
std::string refused_table(const Names& images, const std::string& table) {
    return message_of<DataError>([&] { labels_of_table(images, table); });
}

TEST(TextsOfClasses, AreNumbersOnlyWhereTheWholeTextIsOne) {
    for (const char* name : {"E1", "1e", "20-29", "1.2.3", "-", "a,b", "3+", "7", "7.0", "-1", "", "nan"}) {
        EXPECT_EQ(why_no_classes({name}), "") << name;
    }
    for (const char* number : {"0.5", "-0.2", "1e-3", "-3", "1,0,0", "[1, 0]", "1;2", "0 0 1", "+7"}) {
        EXPECT_NE(why_no_classes({number}).find("is no class number from 0 and no name"), std::string::npos) << number;
    }
    EXPECT_NE(why_no_classes({"1048576"}).find("larger than the largest class number"), std::string::npos);
}

TEST(TableOfLabels, DotsInNamesAreNoExtensions) {
    const Names images = {"1.2.840.0", "1.2.840.1", "1.2.840.2"};
    EXPECT_EQ(labels_of_table(images, "id,label\n1.2.840.2,2\n1.2.840.0,0\n1.2.840.1,1\n").values, (Numbers{0, 1, 2}));
    EXPECT_EQ(labels_of_table(images, "id,label\n1.2.840.2.PNG,2\n1.2.840.0.jpeg,0\n1.2.840.1.tif,1\n").values,
              (Numbers{0, 1, 2}));
    EXPECT_NE(refused_table(images, "id,label\n1.2.840.0,0\n1.2.840.1,1\n").find("no row for image '1.2.840.2'"),
              std::string::npos);
}

TEST(TableOfLabels, FoldersTellImagesApart) {
    EXPECT_EQ(labels_of_table({"a/0", "b/0"}, "id,label\nb/0.png,1\na/0.png,0\n").values, (Numbers{0, 1}));
    EXPECT_EQ(labels_of_table({"a/0", "b/1"}, "id,label\n1.png,1\n0.png,0\n").values, (Numbers{0, 1}));
    EXPECT_EQ(labels_of_table({"0", "1"}, "id,label\nb/1.png,1\na/0.png,0\n").values, (Numbers{0, 1}));
}

TEST(TableOfLabels, WholeNamesGoFirst) {
    EXPECT_EQ(labels_of_table({"0", "0.jpg", "0.png"}, "id,label\n0.png,2\n0.jpg,1\n0,0\n").values, (Numbers{0, 1, 2}));
}

TEST(TableOfLabels, ExtensionsOfOtherFilesAreNotLookedAt) {
    EXPECT_EQ(labels_of_table({"a", "b"}, "id,label\nb.dcm,1\na.npy,0\n").values, (Numbers{0, 1}));
    EXPECT_EQ(labels_of_table({"x/a", "y/a"}, "id,label\ny/a.dcm,1\nx/a.dcm,0\n").values, (Numbers{0, 1}));
    EXPECT_EQ(labels_of_table({"a", "b"}, "id,label\ny/b.dcm,1\nx/a.dcm,0\n").values, (Numbers{0, 1}));
    const std::string two = refused_table({"a"}, "id,label\na.dcm,1\na.npy,0\n");
    EXPECT_NE(two.find("image 'a' fits 'a.dcm' in line 2 and 'a.npy' in line 3"), std::string::npos) << two;
}

TEST(TableOfLabels, RowsOfOneImageMayAgree) {
    EXPECT_EQ(labels_of_table({"0", "1"}, "id,label,eye\n0,3,left\n1,1,left\n0,3,right\n").values, (Numbers{3, 1}));
    EXPECT_EQ(labels_of_table({"0"}, "id,label\na/0.png,3\nb/0.png,3\n").values, (Numbers{3}));
}

TEST(TableOfLabels, ImageWithTwoRowsThatDoNotAgreeIsRefused) {
    const std::string whole = refused_table({"0", "1"}, "id,label\n0,0\n\n1,1\n0,1\n");
    EXPECT_NE(whole.find("table.csv: image '0' fits '0' in line 2 and '0' in line 5"), std::string::npos) << whole;
    const std::string bare = refused_table({"c/0", "c/1"}, "id,label\na/0.png,0\nb/0.png,1\n1,1\n");
    EXPECT_NE(bare.find("image 'c/0' fits 'a/0.png' in line 2 and 'b/0.png' in line 3, which do not agree"),
              std::string::npos)
        << bare;
}

TEST(TableOfLabels, RowWithTwoImagesIsRefused) {
    const std::string folders = refused_table({"a/0", "b/0"}, "id,label\n0.png,0\n");
    EXPECT_NE(folders.find("line 2 ('0.png') fits images 'a/0' and 'b/0' by '0'"), std::string::npos) << folders;
    const std::string extensions = refused_table({"0.jpg", "0.png"}, "id,label\n0,0\n");
    EXPECT_NE(extensions.find("fits images '0.jpg' and '0.png' by '0'"), std::string::npos) << extensions;
}

TEST(TableOfLabels, ByteOrderMarkAndBlankLinesAreSkipped) {
    const Names images = {"0", "1"};
    EXPECT_EQ(labels_of_table(images, "\xEF\xBB\xBFid,label\r\n1,1\r\n\r\n0,0\r\n\r\n").values, (Numbers{0, 1}));
    const TemporaryFolder folder;
    write_foreign(folder / "stack.h5", "images", {3, 2, 2, 1}, nullptr);
    write_file_atomically(folder / "table.csv", "\xEF\xBB\xBFlabel\r\n2\r\n0\r\n1\r\n\r\n");
    EXPECT_EQ(Dataset::open(spec_of(folder / "stack.h5", "table.csv:label"), "train").labels(), (Numbers{2, 0, 1}));
}

TEST(TableOfLabels, SpacesAroundCellsAreNoPartOfThem) {
    EXPECT_EQ(labels_of_table({"0", "1"}, "id , label\t\n1 ,\t1\n 0, 0 \n").values, (Numbers{0, 1}));
    EXPECT_EQ(labels_of_table({"0", "1"}, "id, label\r\n0, big cat \r\n1,ant\r\n").classes, (Names{"ant", "big cat"}));
}

TEST(TableOfLabels, SpacesWithinQuotesAreKept) {
    const Labels labels = labels_of_table({"0", "1"}, "id,label\n0, \" a \" \n1,a\n");
    EXPECT_EQ(labels.classes, (Names{" a ", "a"}));
}

TEST(TableOfLabels, RowsOfEmptyCellsAreSkipped) {
    const TemporaryFolder folder;
    write_foreign(folder / "stack.h5", "images", {3, 2, 2, 1}, nullptr);
    write_file_atomically(folder / "table.csv", "label,note\n2,a\n,\n0,b\n1,c\n , \n,\n");
    EXPECT_EQ(Dataset::open(spec_of(folder / "stack.h5", "table.csv:label"), "train").labels(), (Numbers{2, 0, 1}));
}

TEST(TableOfLabels, QuotedEmptyCellMakesARow) {
    const TemporaryFolder folder;
    write_foreign(folder / "stack.h5", "images", {3, 2, 2, 1}, nullptr);
    write_file_atomically(folder / "table.csv", "label\n2\n\"\"\n1\n");
    EXPECT_EQ(Dataset::open(spec_of(folder / "stack.h5", "table.csv:label"), "train").labels(), (Numbers{2, -1, 1}));
}

TEST(TableOfLabels, ShortLineIsNamedByItsPlaceInTheFile) {
    const std::string message = refused_table({"0", "1"}, "id,label\r\n\r\n0,0\r\n\n1\r\n");
    EXPECT_NE(message.find("line 5 has 1 columns and no 'label'"), std::string::npos) << message;
}

TEST(TableOfLabels, ImagesMayHaveNoLabel) {
    const Labels numbers = labels_of_table({"0", "1", "2", "3"}, "id,label\n0,2\n1,-1\n2,\n3,0\n");
    EXPECT_EQ(numbers.values, (Numbers{2, -1, -1, 0}));
    EXPECT_EQ(numbers.classes, (Names{"0", "1", "2"}));
    const Labels names = labels_of_table({"0", "1", "2"}, "id,label\n0,dog\n1,\n2,cat\n");
    EXPECT_EQ(names.values, (Numbers{1, -1, 0}));
    EXPECT_EQ(names.classes, (Names{"cat", "dog"}));
    const Labels none = labels_of_table({"0", "1"}, "id,label\n0,\n1,\n");
    EXPECT_EQ(none.values, (Numbers{-1, -1}));
    EXPECT_TRUE(none.classes.empty());
}

TEST(TableOfLabels, NotANumberIsNoLabel) {
    EXPECT_EQ(labels_of_table({"0", "1", "2"}, "id,label\n0,1.0\n1,NaN\n2,nan\n").values, (Numbers{1, -1, -1}));
    const Labels names = labels_of_table({"0", "1"}, "id,label\n0,cat\n1,nan\n");
    EXPECT_EQ(names.values, (Numbers{0, -1}));
    EXPECT_EQ(names.classes, (Names{"cat"}));
}

TEST(TableOfLabels, SemicolonsAndTabsSeparateCellsAsCommasDo) {
    for (const char* table : {"id;label\n1;b\n0;a\n", "sep=;\r\nid;label\r\n1;b\r\n0;a\r\n", "id\tlabel\n1\tb\n0\ta\n",
                              "id;x, y;label\n1;0,5;b\n0;1,5;a\n", "id,x; y,label\n1,\";\",b\n0,c; d,a\n"}) {
        EXPECT_EQ(labels_of_table({"0", "1"}, table).values, (Numbers{0, 1})) << table;
    }
}

TEST(TableOfLabels, NamesOfClassesAreStoredInOneFormOfUtf8) {
    const Labels labels = labels_of_table({"0", "1", "2"}, "id,label\n0,b\xE9"
                                                           "e\n1,cafe\u0301\n2,caf\u00E9\n");
    EXPECT_EQ(labels.classes, (Names{"b\\xE9e", "caf\u00E9"}));
    EXPECT_EQ(labels.values, (Numbers{0, 1, 1}));
}

TEST(TableOfLabels, OtherEncodingsAreNamed) {
    for (const std::string& mark : {std::string("\xFF\xFE"), std::string()}) {
        std::string wide = mark;
        for (const char letter : std::string("id,label\n0,cat\n")) {
            wide += {letter, '\0'};
        }
        const std::string message = refused_table({"0"}, wide);
        EXPECT_NE(message.find("table.csv: is no text in UTF-8, but in UTF-16 or binary; save the table as UTF-8"),
                  std::string::npos)
            << message;
    }
}

/// Labels a … d, in the order of `rows`, of four images without names.
Labels labels_of_rows(const std::string& rows, const std::string& column = "label") {
    const TemporaryFolder folder;
    write_file_atomically(folder / "t.csv", rows);
    return read_csv_labels(folder / "t.csv", column, 4, {});
}

TEST(RowsOfImagesWithoutNames, AreJoinedByTheColumnThatNumbersThem) {
    for (const char* table : {"index,label\n2,2\n0,0\n3,3\n1,1\n", "Id,label\n3,2\n1,0\n4,3\n2,1\n",
                              "rank,index,label\n0,2,2\n1,0,0\n2,3,3\n3,1,1\n",
                              "rank,index,label\n0,0,0\n3,1,1\n1,2,2\n2,3,3\n", "rank,label\n1,0\n2,1\n3,2\n4,3\n",
                              "label,,x\n2,002,5\n0,000,5\n3,003,5\n1,001,5\n", "label,x\n0,5\n1,9\n2,0\n3,7\n"}) {
        EXPECT_EQ(labels_of_rows(table).values, (Numbers{0, 1, 2, 3})) << table;
    }
    for (const char* table :
         {"index,label\n2.0,2\n0.0,0\n3.0,3\n1.0,1\n", "label,file\n2,a/img_03.png\n0,a/img_01.png\n3,a/img_04.png\n"
                                                       "1,a/img_02.png\n"}) {
        EXPECT_EQ(labels_of_rows(table).values, (Numbers{0, 1, 2, 3})) << table;
    }
}

TEST(RowsOfImagesWithoutNames, AreAskedForWhereNoHeaderSaysThatAColumnNumbersThem) {
    const std::string ranks = "rank,label\n2,2\n0,0\n3,3\n1,1\n";
    const std::string message = message_of<DataError>([&] { labels_of_rows(ranks); });
    EXPECT_NE(message.find("t.csv: column 'rank' may number the images, or rows may stand in their order, which gives "
                           "them other labels; if it does, say t.csv:COLUMN:rank, else write an index (a column "
                           "'index' of 0 to 3) or leave 'rank' out"),
              std::string::npos)
        << message;
    EXPECT_EQ(labels_of_rows(ranks, "label:rank").values, (Numbers{0, 1, 2, 3}));
    const std::string bare = "3,d\n2,c\n0,a\n1,b\n"; // no header
    EXPECT_THROW(labels_of_rows(bare, "2"), DataError);
    EXPECT_EQ(labels_of_rows(bare, "2:1").values, (Numbers{0, 1, 2, 3}));
    EXPECT_EQ(labels_of_rows("rank,label\n2,7\n0,7\n3,7\n1,7\n").values, (Numbers{7, 7, 7, 7}));
}

TEST(RowsOfImagesWithoutNames, TellWhichColumnJoinedThem) {
    const TemporaryFolder folder;
    testing::Hdf5File(folder / "a.h5").add("images", {4, 9, 9, 3}, std::vector<std::uint8_t>(4 * 243));
    for (const auto& [rows, told] : {std::pair{"b,1\nc,2\na,0\nd,3\n", true}, {"a,0\nb,1\nc,2\nd,3\n", false}}) {
        write_file_atomically(folder / "t.csv", std::string("label,index\n") + rows);
        ::testing::internal::CaptureStderr();
        const Dataset dataset = Dataset::open(spec_of(folder / "a.h5", "t.csv:label"), "train");
        const std::string warning = ::testing::internal::GetCapturedStderr();
        EXPECT_EQ(dataset.labels(), (Numbers{0, 1, 2, 3}));
        EXPECT_EQ(warning.find("t.csv: images are numbered by column index, and not by the order of the rows") !=
                      std::string::npos,
                  told)
            << warning;
    }
}

TEST(TableOfLabels, NumbersThatFitAPartOfTheNamesAreRefused) {
    const std::string message = refused_table({"1", "2", "3"}, "index,label\n0,0\n1,1\n2,2\n");
    EXPECT_NE(
        message.find("table.csv: the 3 numbers in column 'index' fit 2 of 3 images by their names; they may count "
                     "from another start"),
        std::string::npos)
        << message;
}

TEST(RowsOfImagesWithoutNames, AreAskedForWhereTwoColumnsNumberThem) {
    const std::string table = "row,id,label\n0,2,2\n1,0,0\n2,3,3\n3,1,1\n";
    const std::string message = message_of<DataError>([&] { labels_of_rows(table); });
    EXPECT_NE(
        message.find("columns 'row' and 'id' both number images, and give them other labels; say which counts, as "
                     "in t.csv:COLUMN:id"),
        std::string::npos)
        << message;
    EXPECT_EQ(labels_of_rows(table, "label:id").values, (Numbers{0, 1, 2, 3}));
    EXPECT_EQ(labels_of_rows(table, "label:row").values, (Numbers{2, 0, 3, 1}));
}

TEST(RowsOfImagesWithoutNames, OtherNumbersAreRefused) {
    for (const auto& [rows, why] :
         {std::pair{"70,0\n20,1\n30,2\n90,3\n", "90 is none of the numbers 0 to 3, or 1 to 4"},
          {"1,0\n0,1\n0,2\n3,3\n", "0 stands in lines 3 and 4"},
          {"0,0\n2,1\n1,2\n2,1\n", "no row has 3"},
          {"i7.png,0\ni2.png,1\ni3.png,2\ni9.png,3\n", "9 is none of the numbers 0 to 3, or 1 to 4"}}) {
        const std::string message = message_of<DataError>([&] { labels_of_rows(std::string("id,label\n") + rows); });
        EXPECT_NE(message.find(std::string("t.csv: column 'id' does not number the 4 images, from 0 or from 1 (") +
                               why +
                               "), so that rows may stand in its order or in that of the images; write a row for each "
                               "image, and its number (0 to 3) in a column 'index', or leave the column out"),
                  std::string::npos)
            << message;
    }
    EXPECT_EQ(labels_of_rows("id,label\n20,0\n30,1\n70,2\n90,3\n").values, (Numbers{0, 1, 2, 3}));
}

TEST(RowsOfImagesWithoutNames, MayBeMoreThanImagesWhereNumbersTellThem) {
    EXPECT_EQ(labels_of_rows("id,label\n2,2\n0,0\n3,3\n1,1\n0,0\n").values, (Numbers{0, 1, 2, 3}));
    for (const auto& [table, why] :
         {std::pair{"id,label\n0,0\n2,2\n3,3\n", "has 3 rows for 4 images, and column 'id' does not number the 4 "
                                                 "images, from 0 or from 1 (no row has 1); write a row for each"},
          {"id,label\n0,0\n1,1\n2,2\n3,3\n4,0\n", "has 5 rows for 4 images, and column 'id' does not number"},
          {"label\n0\n1\n2\n", "has 3 rows for 4 images; write a row for each image, and its number (0 to 3) in a "
                               "column 'index'"}}) {
        const std::string message = message_of<DataError>([&] { labels_of_rows(table); });
        EXPECT_NE(message.find(why), std::string::npos) << message;
    }
}

TEST(TableOfLabels, WholeNumbersMayBeWrittenAsFloats) {
    const Labels numbers = labels_of_table({"0", "1", "2", "3"}, "id,label\n0,2.0\n1,\n2,0.00\n3,-1.0\n");
    EXPECT_EQ(numbers.values, (Numbers{2, -1, 0, -1}));
    EXPECT_EQ(numbers.classes, (Names{"0", "1", "2"}));
    EXPECT_EQ(labels_of_table({"0", "1"}, "id,label\n0,2.0\n1,2.5\n").classes, (Names{"2.0", "2.5"}));
}

TEST(TableOfLabels, QuotedCellsMayHoldCommasQuotesAndLineBreaks) {
    const Labels labels =
        labels_of_table({"0", "1"}, "id,note,label\n0,\"two\r\nlines, \"\"quoted\"\"\",\"a\nb\"\n1,5\" disk,c\n");
    EXPECT_EQ(labels.classes, (Names{"a b", "c"}));
    EXPECT_EQ(labels.values, (Numbers{0, 1}));
    const std::string message = refused_table({"0", "1"}, "id,note,label\n0,\"a\nb\",1\n1,x\n");
    EXPECT_NE(message.find("line 4 has 2 columns"), std::string::npos) << message;
}

TEST(TableOfLabels, LinesAreThoseOfTheFile) {
    const std::string message = refused_table({"0", "1"}, "sep=;\nid;note;label\n0;a;1\n1;x\n");
    EXPECT_NE(message.find("line 4 has 2 columns"), std::string::npos) << message;
}

TEST(TableOfLabels, ExtensionsMayBeCapitals) {
    const TemporaryFolder folder;
    for (const char* name : {"t.txt", "t.TXT", "t.Txt"}) {
        write_file_atomically(folder / name, "0 0\n1 2\n2 1\n3 3\n");
        EXPECT_EQ(read_csv_labels(folder / name, "2:1", 4, {}).values, (Numbers{0, 2, 1, 3})) << name;
        EXPECT_EQ(table_and_column(fmt::format("a/{}:kind", name)),
                  (std::pair<std::string, std::string>(fmt::format("a/{}", name), "kind")));
    }
}

TEST(TableOfLabels, QuotedCellWithoutEndIsNamed) {
    const std::string message = refused_table({"0", "1"}, "id,label\n0,1\n1,\"2\n");
    EXPECT_NE(message.find("table.csv: a quoted cell that begins in line 3 has no end"), std::string::npos) << message;
}

TEST(TextsOfLabels, SplitsKeepEveryName) {
    const Labels splits = labels_of_texts({"1", "-1", ""}, "here", Meaning::splits);
    EXPECT_EQ(splits.classes, (Names{"", "-1", "1"}));
    EXPECT_EQ(splits.values, (Numbers{2, 1, 0}));
    EXPECT_EQ(labels_of_texts({"1", "-1", ""}, "here", Meaning::classes).values, (Numbers{1, -1, -1}));
}

} // namespace
} // namespace tacit::shards
