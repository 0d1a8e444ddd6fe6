// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/archive/tar_index.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

/// What tests/oracle/import_fixtures.py draws.
Bytes picture(int seed) {
    Bytes pixels(12);
    std::iota(pixels.begin(), pixels.end(), static_cast<std::uint8_t>(seed * 16));
    return pixels;
}

TEST(ImportWebDataset, GroupsFilesByKeyUnderLongNames) {
    const TemporaryFolder folder;
    for (const std::string format : {"gnu", "pax"}) {
        ImportOptions options = options_for(folder);
        options.path = import_fixture("archives/train-" + format + ".tar");
        options.out = folder / format;
        const ImportSummary summary = import_images(options);
        EXPECT_EQ(summary.kind, "webdataset");
        ASSERT_EQ(summary.left_out.size(), 1U);
        EXPECT_EQ(summary.left_out[0].count, 4); // KEY.seg.png
        EXPECT_EQ(summary.left_out[0].what, "masks or labels beside images, by their names");
        const Dataset train = Dataset::open(options.out, "train");
        EXPECT_EQ(train.labels(), (std::vector<std::int32_t>{0, 2, 4, 1})) << format;
        EXPECT_EQ(train.info().classes.size(), 5U);
        EXPECT_EQ(pixels_of(train, 3), picture(3)) << format;
    }
}

TEST(ImportWebDataset, ReadsAFolderOfArchivesAndLabelsInJson) {
    const TemporaryFolder folder;
    ImportOptions options = options_for(folder);
    options.path = import_fixture("archives");
    const ImportSummary summary = import_images(options);
    ASSERT_EQ(summary.splits.size(), 2U);
    EXPECT_EQ(summary.splits[0].images, 8);
    const Dataset val = Dataset::open(options.out, "val");
    EXPECT_EQ(val.labels(), (std::vector<std::int32_t>{3, 2}));
    EXPECT_EQ(pixels_of(val, 1), picture(9));
}

TEST(ImportWebDataset, CutArchivesAreRefused) {
    const TemporaryFolder folder;
    const Bytes whole = read_bytes(import_fixture("archives/val-ustar.tar"));
    ImportOptions options = options_for(folder);
    options.path = folder / "cut.tar";
    // Four headers with a block each: wherever the archive ends within them, something is missing.
    for (std::size_t bytes = 0; bytes <= 8 * 512; bytes += 256) {
        write_bytes(options.path, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)));
        EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("cut.tar"), std::string::npos) << bytes;
    }
}

TEST(ImportWebDataset, DamagedHeadersAreRefusedWithTheirPlace) {
    const TemporaryFolder folder;
    Bytes bytes = read_bytes(import_fixture("archives/val-ustar.tar"));
    bytes[1024 + 3] ^= 1U;
    write_bytes(folder / "damaged.tar", bytes);
    const FileBytes file(folder / "damaged.tar");
    EXPECT_NE(message_of<DataError>([&] { index_tar(file); }).find("damaged.tar: byte 1024: is no tar header"),
              std::string::npos);
}

TEST(ImportWebDataset, EveryFlippedByteOfHeadersIsHarmless) {
    const TemporaryFolder folder;
    const Bytes whole = read_bytes(import_fixture("archives/train-pax.tar"));
    for (std::size_t at = 0; at < 1536; at += 5) {
        Bytes bytes = whole;
        bytes[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        write_bytes(folder / "flipped.tar", bytes);
        const FileBytes file(folder / "flipped.tar");
        try {
            EXPECT_EQ(index_tar(file).size(), 12U);
        } catch (const DataError& error) {
            EXPECT_STRNE(error.what(), "");
        }
    }
}

TEST(ImportWebDataset, CompressedArchivesGetTheCommandThatUnpacksThem) {
    const TemporaryFolder folder;
    Bytes bytes(1024);
    bytes[0] = 0x1F;
    bytes[1] = 0x8B;
    write_bytes(folder / "source.tar", bytes);
    ImportOptions options = options_for(folder);
    options.path = folder / "source.tar";
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("is compressed by gzip"), std::string::npos);
    options.path = folder / "source.tar.zst";
    write_bytes(options.path, bytes);
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("unzstd"), std::string::npos);
}

/// A ustar member with its content, padded to blocks.
Bytes tar_member(const std::string& name, const std::string& content) {
    Bytes block(512);
    std::copy(name.begin(), name.end(), block.begin());
    const std::string digits = fmt::format("{:011o}", content.size());
    std::copy(digits.begin(), digits.end(), block.begin() + 124);
    std::fill_n(block.begin() + 148, 8, std::uint8_t{' '});
    block[156] = '0';
    const std::string sum = fmt::format("{:06o}", std::accumulate(block.begin(), block.end(), 0));
    std::copy(sum.begin(), sum.end(), block.begin() + 148);
    block[154] = 0;
    block.insert(block.end(), content.begin(), content.end());
    block.resize((block.size() + 511) / 512 * 512);
    return block;
}

using Members = std::vector<std::pair<std::string, std::string>>;
using Places = std::map<std::string, std::string>;

const char* const kImage = "P2 1 1 255 9";

/// Writes an archive of these members and gives the options that import it.
ImportOptions archive_of(const TemporaryFolder& folder, const Members& members, const std::string& name = "one.tar") {
    Bytes archive;
    for (const auto& [member, content] : members) {
        const Bytes bytes = tar_member(member, content);
        archive.insert(archive.end(), bytes.begin(), bytes.end());
    }
    archive.resize(archive.size() + 1024);
    ImportOptions options = options_for(folder);
    options.path = folder / name;
    write_bytes(options.path, archive);
    return options;
}

/// Where the images of an archive of these members go.
Places places_of(const Members& members) {
    const TemporaryFolder folder;
    return images_of(archive_of(folder, members));
}

TEST(ImportWebDataset, HiddenFilesBetweenThoseOfAKeyAreNobodys) {
    const TemporaryFolder folder;
    const ImportOptions options = archive_of(folder, {{"a/1.pgm", kImage}, {"a/._1.pgm", "x"}, {"a/1.cls", "2"}});
    EXPECT_EQ(left_out_of(options), (std::vector<std::string>{"hidden files and folders (1): one.tar/a/._1.pgm"}));
    import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (std::vector<std::int32_t>{2}));
}

TEST(ImportWebDataset, LabelsAreFoundWhereverTheyStand) {
    EXPECT_EQ(places_of({{"1.pgm", kImage}, {"2.pgm", kImage}, {"2.cls", "1"}, {"1.cls", "0"}}),
              (Places{{"1.pgm", "train 0"}, {"2.pgm", "train 1"}}));
    EXPECT_EQ(places_of({{"2.json", R"({"label": 1})"}, {"1.cls", "0"}, {"1.pgm", kImage}, {"2.pgm", kImage}}),
              (Places{{"1.pgm", "train 0"}, {"2.pgm", "train 1"}}));
}

TEST(ImportWebDataset, LabelsWithoutTheirImageAreCounted) {
    const TemporaryFolder folder;
    const ImportOptions options = archive_of(folder, {{"1.pgm", kImage}, {"2.cls", "1"}});
    EXPECT_EQ(images_of(options), (Places{{"1.pgm", "train -"}}));
    EXPECT_EQ(left_out_of(options),
              (std::vector<std::string>{
                  "labels in archives without an image of their key in the same archive (1): one.tar/2.cls"}));
}

TEST(ImportWebDataset, ALabelThatStandsApartFromTwoImagesOfItsKeyIsRefused) {
    const std::string message = message_of<DataError>([] {
        places_of({{"1.pgm", kImage}, {"2.pgm", kImage}, {"1.pgm", kImage}, {"2.cls", "1"}, {"1.cls", "0"}});
    });
    EXPECT_NE(message.find("2 images have the key 1"), std::string::npos) << message;
    EXPECT_NE(message.find("tar --sort=name"), std::string::npos) << message;
}

TEST(ImportWebDataset, WordsNameClasses) {
    EXPECT_EQ(places_of({{"1.pgm", kImage},
                         {"1.cls", " dog\n"},
                         {"2.pgm", kImage},
                         {"2.json", R"({"label": "cat"})"},
                         {"3.pgm", kImage},
                         {"3.json", R"({"label": null})"}}),
              (Places{{"1.pgm", "train dog"}, {"2.pgm", "train cat"}, {"3.pgm", "train -"}}));
}

TEST(ImportWebDataset, WhatIsNoClassIsLeftOutWithAWord) {
    for (const Members& labels : {Members{{"1.cls", "0 1 0 1"}},
                                  {{"1.cls", "0.35"}},
                                  {{"1.json", R"({"label": [0, 1]})"}},
                                  {{"1.cls", "2000000"}},
                                  {{"1.cls", "-7"}}}) {
        const TemporaryFolder folder;
        Members members = {{"1.pgm", kImage}, {"2.pgm", kImage}, {"2.cls", "1"}};
        members.insert(members.begin() + 1, labels.begin(), labels.end());
        ImportOptions options = archive_of(folder, members);
        const ImportSummary summary = import_images(options);
        EXPECT_TRUE(summary.classes.empty());
        ASSERT_EQ(summary.notes.size(), 1U);
        EXPECT_TRUE(summary.notes[0].starts_with("labels are left out: '")) << summary.notes[0];
        options.overwrite = true;
        for (const std::string& asked : {std::string("none"), folder / "t.csv:label"}) { // which takes none of these
            const std::string rows = "file,label\n1.pgm,cat\n2.pgm,dog\n";
            write_bytes(folder / "t.csv", Bytes(rows.begin(), rows.end()));
            options.labels = asked;
            for (const std::string& note : import_images(options).notes) {
                EXPECT_EQ(note.find("labels are left out"), std::string::npos) << note;
            }
        }
    }
}

TEST(ImportWebDataset, KeysEndAtTheFirstDotUnlessTheOptionSaysTheLast) {
    const TemporaryFolder folder;
    ImportOptions options = archive_of(
        folder, {{"v1.3.pgm", kImage}, {"v1.3.cls", "0"}, {"v1.4.pgm", kImage}, {"v1.4.cls", "1"}, {"a.pgm", kImage}});
    EXPECT_EQ(images_of(options), (Places{{"a.pgm", "train -"}}));
    EXPECT_EQ(
        left_out_of(options),
        (std::vector<std::string>{"files whose key ends at the first of several dots, which leaves no extension of "
                                  "an image or label (4): one.tar/v1.3.cls, one.tar/v1.3.pgm, one.tar/v1.4.cls and 1 "
                                  "more; if keys hold dots: --key-ends last-dot"}));
    options.key_ends = "last-dot";
    EXPECT_EQ(images_of(options), (Places{{"a.pgm", "train -"}, {"v1.3.pgm", "train 0"}, {"v1.4.pgm", "train 1"}}));
    EXPECT_TRUE(left_out_of(options).empty());
    options = archive_of(folder, {{"v1.3.pgm", kImage}});
    EXPECT_NE(message_of<DataError>([&] { images_of(options); }).find("--key-ends last-dot"), std::string::npos);
}

TEST(ImportWebDataset, ArchivesWithAndWithoutASplitsNameAreRefused) {
    const TemporaryFolder folder;
    archive_of(folder, {{"1.pgm", kImage}}, "source/train2017-0.tar");
    archive_of(folder, {{"2.pgm", kImage}}, "source/val/0.tar");
    ImportOptions options = options_for(folder);
    EXPECT_EQ(images_of(options), (Places{{"1.pgm", "train -"}, {"2.pgm", "val -"}}));
    archive_of(folder, {{"3.pgm", kImage}}, "source/extra.tar");
    EXPECT_NE(message_of<ConfigError>([&] { images_of(options); }).find("but extra.tar have none; say which"),
              std::string::npos);
    options.split_folders = {"train=extra.tar", "test=val"};
    EXPECT_EQ(images_of(options), (Places{{"2.pgm", "test -"}, {"3.pgm", "train -"}}));
    EXPECT_EQ(left_out_of(options),
              (std::vector<std::string>{"archives that --splits does not name (1): train2017-0.tar"}));
    options.split_folders = {"none"};
    EXPECT_EQ(images_of(options).at("2.pgm"), "train -");
}

TEST(ImportWebDataset, FoldersInArchivesNamedLikeSplitsAreSplits) {
    const TemporaryFolder folder;
    ImportOptions options = archive_of(folder, {{"./set/test/ant/1.pgm", kImage},
                                                {"./set/test/ant/1.cls", "7"},
                                                {"./set/train/test_tube/2.pgm", kImage},
                                                {"./set/train/test_tube/2.cls", "8"},
                                                {"./set/train/ant/3.pgm", kImage},
                                                {"./set/train/ant/3.cls", "7"}});
    EXPECT_EQ(images_of(options), (Places{{"./set/test/ant/1.pgm", "test 7"},
                                          {"./set/train/test_tube/2.pgm", "train 8"},
                                          {"./set/train/ant/3.pgm", "train 7"}}));
    EXPECT_EQ(import_images(options).notes.at(0), "images in archives are split by their folders test/, train/; "
                                                  "--splits none makes one split of them");
    options.split_folders = {"none"};
    EXPECT_EQ(images_of(options).at("./set/test/ant/1.pgm"), "train 7");
    EXPECT_EQ(
        places_of({{"ant/train/1.pgm", kImage}, {"ant/val/2.pgm", kImage}, {"test_tube/train/3.pgm", kImage}}),
        (Places{{"ant/train/1.pgm", "train -"}, {"ant/val/2.pgm", "val -"}, {"test_tube/train/3.pgm", "train -"}}));
    EXPECT_EQ(places_of({{"ant/1.pgm", kImage}, {"test/2.pgm", kImage}}).at("test/2.pgm"), "train -");
    const std::string message = message_of<ConfigError>([&] {
        places_of({{"train/1.pgm", kImage}, {"test/2.pgm", kImage}, {"extra/3.pgm", kImage}});
    });
    EXPECT_NE(message.find("folders in archives are named like splits (test/, train/), but others beside them are not"),
              std::string::npos)
        << message;
}

TEST(ImportWebDataset, EveryToldSplitMustNameArchivesOfItsOwn) {
    const TemporaryFolder folder;
    archive_of(folder, {{"1.pgm", kImage}}, "source/a.tar");
    archive_of(folder, {{"2.pgm", kImage}}, "source/more/b.tar");
    const auto refused = [&](const std::vector<std::string>& told) {
        ImportOptions options = options_for(folder);
        options.split_folders = told;
        return message_of<ConfigError>([&] { images_of(options); });
    };
    const std::string lost = "holds no archive tset.tar, nor a folder of some; it holds a.tar, more/b.tar";
    EXPECT_NE(refused({"test=tset.tar"}).find(lost), std::string::npos);
    EXPECT_NE(refused({"train=a.tar", "test=tset.tar"}).find(lost), std::string::npos);
    EXPECT_NE(refused({"a/b=a.tar"}).find("--splits a/b=a.tar: takes auto, none, TABLE:COLUMN, or SPLIT=PATH"),
              std::string::npos);
    EXPECT_NE(refused({"train=more", "test=more/b.tar"}).find("more/b.tar is of split 'train' already"),
              std::string::npos);
}

TEST(ImportWebDataset, FilesBesideArchivesAndLinksWithinAreCounted) {
    const TemporaryFolder folder;
    ImportOptions options = archive_of(folder, {{"1.pgm", kImage}}, "source/a.tar");
    Bytes bytes = tar_member("2.pgm", "");
    bytes[156] = '1'; // a hard link
    std::fill_n(bytes.begin() + 148, 8, std::uint8_t{' '});
    const std::string sum = fmt::format("{:06o}", std::accumulate(bytes.begin(), bytes.begin() + 512, 0));
    std::copy(sum.begin(), sum.end(), bytes.begin() + 148);
    bytes[154] = 0;
    const Bytes rest = read_bytes(options.path);
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    write_bytes(options.path, bytes);
    write_bytes(folder / "source/b.tar.gz", {'x'});
    options.path = folder / "source";
    EXPECT_EQ(left_out_of(options), (std::vector<std::string>{"files that are no .tar archives (1): b.tar.gz",
                                                              "links and special files in archives (1): a.tar/2.pgm"}));
}

TEST(ImportWebDataset, AFolderOfImagesWithAnArchiveStaysAFolderOfImages) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/backup.tar", read_bytes(import_fixture("archives/val-ustar.tar")));
    write_bytes(folder / "source/cat/a.png", make_png({4, 4, 3}, 1));
    write_bytes(folder / "source/embedding.npy", {'x'});
    ImportOptions options = options_for(folder);
    EXPECT_EQ(import_images(options).kind, "folder");
    options.kind = "webdataset";
    options.overwrite = true;
    EXPECT_EQ(import_images(options).splits[0].images, 2);
}

TEST(ImportWebDataset, TwoKindsOfLabelsThatTellOtherClassesAreAskedFor) {
    const TemporaryFolder folder;
    ImportOptions options = archive_of(folder, {{"1.pgm", kImage},
                                                {"1.cls", "0"},
                                                {"1.json", R"({"label": "ant"})"},
                                                {"2.pgm", kImage},
                                                {"2.cls", "1"},
                                                {"2.json", R"({"label": "ant"})"}});
    const std::string message = message_of<DataError>([&] { images_of(options); });
    EXPECT_NE(message.find("one.tar: its labels tell two things: 2.pgm is '1' by cls and 'ant' by json.label, unlike "
                           "other images; --labels cls or --labels json.label says which counts"),
              std::string::npos)
        << message;
    options.labels = "json.label";
    EXPECT_EQ(images_of(options).at("2.pgm"), "train ant");
    options.labels = "cls";
    EXPECT_EQ(images_of(options).at("2.pgm"), "train 1");
    options.labels = "none";
    EXPECT_EQ(images_of(options).at("2.pgm"), "train -");
    options.labels = "label";
    const std::string unknown = message_of<ConfigError>([&] { images_of(options); });
    EXPECT_NE(unknown.find("takes TABLE:COLUMN, none, or, of archives, one of cls, json.label, json.cls"),
              std::string::npos)
        << unknown;
}

TEST(ImportWebDataset, KindsOfLabelsThatAgreeAreNotAskedFor) {
    EXPECT_EQ(places_of({{"1.pgm", kImage},
                         {"1.cls", "0"},
                         {"1.json", R"({"label": "bee", "cls": 0})"},
                         {"2.pgm", kImage},
                         {"2.cls", "1"},
                         {"2.json", R"({"label": "ant", "cls": 1})"}}),
              (Places{{"1.pgm", "train 0"}, {"2.pgm", "train 1"}}));
    // Of other names for the same classes those that say all are taken.
    Members members = {{"1.pgm", kImage},
                       {"1.cls", "0"},
                       {"1.json", R"({"label": "bee"})"},
                       {"2.pgm", kImage},
                       {"2.json", R"({"label": "ant"})"}};
    EXPECT_EQ(places_of(members), (Places{{"1.pgm", "train bee"}, {"2.pgm", "train ant"}}));
    members.insert(members.end(), {{"3.pgm", kImage}, {"3.cls", "0"}});
    const std::string message = message_of<DataError>([&] { places_of(members); });
    EXPECT_NE(message.find("1.pgm is '0' by cls and 'bee' by json.label"), std::string::npos) << message;
}

TEST(ImportWebDataset, TablesBesideArchivesAreReadOrNamed) {
    const TemporaryFolder folder;
    ImportOptions options = archive_of(folder, {{"1.pgm", kImage}, {"2.pgm", kImage}}, "source/one.tar");
    const std::string text = "id,label\n2,dog\n1,cat\n";
    write_bytes(folder / "source/labels.csv", Bytes(text.begin(), text.end()));
    const auto labels = [&](const std::string& path) {
        ImportOptions made = options;
        made.path = path;
        made.overwrite = true;
        const ImportSummary summary = import_images(made);
        return std::pair{summary.notes, Dataset::open(made.out, "train").labels()};
    };
    const std::string archive = options.path;
    const auto [read, of_folder] = labels(folder / "source");
    EXPECT_EQ(of_folder, (std::vector<std::int32_t>{0, 1}));
    ASSERT_EQ(read.size(), 1U);
    EXPECT_NE(read[0].find("labels.csv: labels of 2 of 2 images are taken from column label"), std::string::npos);
    const auto [named, of_file] = labels(archive);
    EXPECT_EQ(of_file, (std::vector<std::int32_t>{-1, -1}));
    ASSERT_EQ(named.size(), 1U);
    EXPECT_EQ(named[0],
              "labels.csv: has rows for 2 images; --labels labels.csv:label takes labels from it, --labels none "
              "says that none is meant");
}

TEST(ImportWebDataset, MasksBesideImagesAreLeftOutAndCounted) {
    const TemporaryFolder folder;
    const std::string kind = "masks or labels beside images, by their names (2): one.tar/";
    ImportOptions options = archive_of(
        folder, {{"1.pgm", kImage}, {"1_mask.pgm", kImage}, {"2.pgm", kImage}, {"2.seg.pgm", kImage}, {"2.cls", "0"}});
    EXPECT_EQ(images_of(options), (Places{{"1.pgm", "train -"}, {"2.pgm", "train 0"}}));
    EXPECT_EQ(left_out_of(options),
              (std::vector<std::string>{kind + "1_mask.pgm, one.tar/2.seg.pgm; --splits none --key-ends last-dot "
                                               "takes them as images too"}));
    options.key_ends = "last-dot";
    EXPECT_EQ(images_of(options).size(), 2U);
    options.split_folders = {"none"};
    EXPECT_EQ(images_of(options).size(), 4U);
    options = archive_of(folder, {{"train/images/1.pgm", kImage},
                                  {"train/masks/1.pgm", kImage},
                                  {"test/images/2.pgm", kImage},
                                  {"test/masks/2.pgm", kImage}});
    EXPECT_EQ(images_of(options), (Places{{"train/images/1.pgm", "train -"}, {"test/images/2.pgm", "test -"}}));
    EXPECT_TRUE(left_out_of(options).at(0).starts_with(kind + "test/masks/2.pgm, one.tar/train/masks/1.pgm"));
    options = archive_of(folder, {{"scans/1.pgm", kImage}, {"masks/1.pgm", kImage}});
    const std::string message = message_of<ConfigError>([&] { images_of(options); });
    EXPECT_NE(message.find("one.tar/masks/ is named like masks or labels of images, and one.tar/scans/ beside it leave "
                           "open whose; unpack the archives and import the folder, where --splits says which folders "
                           "hold the images, or take all as images: --splits none"),
              std::string::npos)
        << message;
    options.split_folders = {"none"};
    EXPECT_EQ(images_of(options).size(), 2U);
}

TEST(ImportWebDataset, ArchivesOfMasksAreLeftOutAndCounted) {
    const TemporaryFolder folder;
    archive_of(folder, {{"1.pgm", kImage}, {"2.pgm", kImage}}, "source/images.tar");
    archive_of(folder, {{"1.pgm", kImage}, {"3.pgm", kImage}}, "source/masks.tar");
    ImportOptions options = options_for(folder);
    EXPECT_EQ(images_of(options), (Places{{"1.pgm", "train -"}, {"2.pgm", "train -"}}));
    EXPECT_TRUE(
        left_out_of(options).at(0).starts_with("masks or labels beside images, by their names (2): masks.tar/1"));
    archive_of(folder, {{"a/4.pgm", kImage}}, "more/images/0.tar");
    archive_of(folder, {{"a/5.pgm", kImage}}, "more/masks/0.tar");
    options.path = folder / "more";
    EXPECT_EQ(images_of(options), (Places{{"a/4.pgm", "train -"}}));
}

TEST(ImportWebDataset, FoldersThatMayBeClassesAreNamed) {
    const TemporaryFolder folder;
    const ImportSummary summary =
        import_images(archive_of(folder, {{"set/cat/1.pgm", kImage}, {"set/dog/1.pgm", kImage}}));
    EXPECT_EQ(summary.notes,
              (std::vector<std::string>{"archives hold no labels, but images in 2 folders (set/cat, set/dog); if these "
                                        "are classes, unpack the archives and import the folder"}));
}

} // namespace
} // namespace tacit::shards
