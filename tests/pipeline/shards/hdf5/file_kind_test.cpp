// SPDX-License-Identifier: Apache-2.0

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/import/import.hpp"
#include "pipeline/shards/inspect.hpp"
#include "pipeline/shards/verify.hpp"
#include "tests/fixtures.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <sys/stat.h>

namespace tacit::shards {
namespace {

using std::string_literals::operator""s;

struct KindCase {
    const char* name;
    std::string bytes;
    std::size_t at = 0;
    const char* told = "";
    const char* file = "x.h5";
};

void PrintTo(const KindCase& one, std::ostream* out) {
    *out << one.name;
}

std::string tfrecord() {
    std::string record(24, '\0');
    record[0] = 8;
    const std::uint32_t crc = crc32c(record.data(), 8);
    const std::uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
    std::memcpy(record.data() + 8, &masked, sizeof(masked));
    return record;
}

class FileKind : public ::testing::TestWithParam<KindCase> {};

TEST_P(FileKind, IsToldByEveryCommandThatOpensAPath) {
    const TemporaryFolder folder;
    const KindCase& one = GetParam();
    std::string content(one.at, '\1');
    content += one.bytes;
    content.resize(std::max<std::size_t>(content.size(), one.bytes.empty() ? 0 : 600), ' ');
    const std::string path = folder / one.file;
    testing::write_bytes(path, {content.begin(), content.end()});
    DataSpec spec;
    spec.path = path;
    const auto expect = [&](const std::string& message) {
        EXPECT_NE(message.find(path + ": "), std::string::npos) << message;
        EXPECT_NE(message.find(one.told), std::string::npos) << message;
        EXPECT_NE(message.find("; "), std::string::npos) << message; // and what to do
    };
    expect(message_of<Error>([&] { inspect(path); }));
    expect(message_of<Error>([&] { Dataset::open(spec, "train"); }));
    expect(verify(spec, {}, 1).damages.at(0).what);
    ImportOptions options;
    options.path = path;
    options.out = folder / "out";
    expect(message_of<Error>([&] { import_images(options); }));
    options.kind = "hdf5"; // as `data pack` says
    expect(message_of<Error>([&] { import_images(options); }));
}

const std::string kPickle("\x80\x04\x95", 3);
const std::string kOldTorch("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14);

INSTANTIATE_TEST_SUITE_P(
    All, FileKind,
    ::testing::Values(
        KindCase{"empty", "", 0, "is empty"}, KindCase{"zeros", std::string(4096, '\0'), 0, "begins with zeros alone"},
        KindCase{"lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", 0, "pointer of Git LFS"},
        KindCase{"annex", "/annex/objects/MD5E-s1--0.h5\n", 0, "pointer of git-annex"},
        KindCase{"annex_link", "../.git/annex/objects/MD5E-s1--0.h5", 0, "pointer of git-annex"},
        KindCase{"matlab5", "MATLAB 5.0 MAT-file, Platform: GLNXA64", 0,
                 "a MATLAB file of version 5; save it again with -v7.3"},
        KindCase{"dicom", "DICM", 128, "a DICOM file"}, KindCase{"nifti", "n+1\0"s, 344, "a NIfTI volume"},
        KindCase{"fits", "SIMPLE  =                    T", 0, "a FITS file"},
        KindCase{"netcdf", "CDF\x01", 0, "nccopy"}, KindCase{"hdf4", "\x0e\x03\x13\x01", 0, "an HDF4 file"},
        KindCase{"lmdb", "\xde\xc0\xef\xbe", 16, "an LMDB database"},
        KindCase{"pickle", kPickle, 0, "a Python pickle; of CIFAR"},
        KindCase{"torch_old", kOldTorch, 0, "a file of torch.save"},
        KindCase{"torch", "PK\x03\x04" + std::string(26, '\2') + "model/data.pkl", 0, "a file of torch.save"},
        KindCase{"gif", "GIF89a", 0, "a GIF image"}, KindCase{"avif", "ftypavif", 4, "an AVIF image"},
        KindCase{"heic", "ftypheic", 4, "an HEIC image"}, KindCase{"mp4", "ftypisom", 4, "a video (MP4"},
        KindCase{"jp2", "jP  \r\n\x87\n", 4, "a JPEG 2000 image"},
        KindCase{"exr", "\x76\x2f\x31\x01", 0, "an OpenEXR image"},
        KindCase{"html", "\n<!DOCTYPE html><html>", 0, "a web page"},
        KindCase{"xml", "<?xml version=\"1.0\"?><Error>", 0, "XML text"},
        KindCase{"text", "epoch,loss\n1,2\n", 0, "text that begins with \"epoch,loss\""},
        KindCase{"gzip", "\x1f\x8b\x08", 0, "compressed by gzip"},
        KindCase{"xz", "\xfd\x37zXZ\0"s, 0, "compressed by xz"},
        KindCase{"zst", "\x28\xb5\x2f\xfd", 0, "compressed by Zstandard"},
        KindCase{"bz2", "BZh91AY", 0, "compressed by bzip2"}, KindCase{"7z", "7z\xbc\xaf\x27\x1c", 0, "a 7z archive"},
        KindCase{"rar", "Rar!\x1a\x07", 0, "a RAR archive"},
        KindCase{"zip", "PK\x03\x04", 0, "a zip archive; unpack it"}, KindCase{"tar", "ustar", 257, "a tar archive"},
        KindCase{"npz", "PK\x03\x04" + std::string(26, '\2') + "images.npy", 0,
                 "a NumPy archive; `tacit data import` reads it"},
        KindCase{"npy", "\x93NUMPY\x01", 0, "a NumPy array; `tacit data import` reads it"},
        KindCase{"parquet", "PAR1", 0, "a Parquet table"}, KindCase{"arrow", "ARROW1", 0, "an Arrow table"},
        KindCase{"sqlite", "SQLite format 3\0"s, 0, "an SQLite database"},
        KindCase{"tfrecord", tfrecord(), 0, "a TFRecord file"},
        KindCase{"beton", "\x02\x01\x02\x03", 0, "an FFCV file", "x.beton"},
        KindCase{"recordio", "\x0a\x23\xd7\xce", 0, "RecordIO"},
        KindCase{"jpeg", "\xff\xd8\xff\xe0", 0, "a JPEG image; give the folder"},
        KindCase{"png", "\x89PNG\r\n\x1a\n", 0, "a PNG image; give the folder"},
        KindCase{"tiff", "II*\0"s, 0, "a TIFF image"}, KindCase{"idx", "\0\0\x08\x03"s, 0, "an IDX file"},
        KindCase{"nifti_gz", "\x1f\x8b\x08", 0, "a NIfTI volume", "x.nii.gz"},
        KindCase{"one_byte", "\x89", 0, "a kind that Tacit does not know"},
        KindCase{"noise", "\x91\x02\x17", 0, "a kind that Tacit does not know"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(FileKinds, WhatIsNoFileIsNeverWaitedFor) {
    const TemporaryFolder folder;
    for (const char* name : {"x.h5", "x.mat", "x.npy", "x.npz", "x.tar", "x.csv", "x-idx3-ubyte"}) {
        const std::string path = folder / name;
        ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
        DataSpec spec;
        spec.path = path;
        const auto expect = [&](const std::string& message) {
            EXPECT_NE(message.find(path + ": is a named pipe"), std::string::npos) << message;
            EXPECT_NE(message.find("; write what it gives to a file"), std::string::npos) << message;
        };
        expect(message_of<Error>([&] { inspect(path); }));
        expect(message_of<Error>([&] { Dataset::open(spec, "train"); }));
        expect(message_of<Error>([&] { verify(spec, {}, 1); }));
        ImportOptions options;
        options.path = path;
        options.out = folder / "out";
        expect(message_of<Error>([&] { import_images(options); }));
        options.kind = "hdf5";
        expect(message_of<Error>([&] { import_images(options); }));
    }
    EXPECT_EQ(kind_text("/dev/null").substr(0, 11), "is a device");
    testing::write_foreign(folder / "a.h5", {"images", Element::u8, false, {2, 8, 8, 1}, {}, false, false, {}});
    DataSpec labelled;
    labelled.path = folder / "a.h5";
    for (const char* labels : {"x.csv:label", "x.h5:label"}) {
        labelled.labels = labels;
        const std::string message = message_of<Error>([&] { Dataset::open(labelled, "train"); });
        EXPECT_NE(message.find(": is a named pipe"), std::string::npos) << message;
    }
}

TEST(FileKinds, AFolderWithoutImagesSaysWhatItHolds) {
    const TemporaryFolder folder;
    for (const char* name : {"set/a.gif", "set/b.gif", "set/sub/c.gif"}) {
        testing::write_bytes(folder / name, {'G', 'I', 'F', '8', '9', 'a'});
    }
    testing::write_bytes(folder / "set/data.pkl", {0x80, 4, 0});
    ImportOptions options;
    options.path = folder / "set";
    options.out = folder / "out";
    const std::string message = message_of<Error>([&] { import_images(options); });
    EXPECT_NE(message.find("3 files"), std::string::npos) << message;
    EXPECT_NE(message.find("each of which is a GIF image; convert it"), std::string::npos) << message;
    EXPECT_NE(message.find("data.pkl is a Python pickle"), std::string::npos) << message;
}

TEST(FileKinds, AnHdf5FileThatEndsEarlySaysWhere) {
    const TemporaryFolder folder;
    std::vector<std::uint8_t> bytes = testing::read_bytes(fixtures_folder() + "/newer_hdf5/joined.h5");
    const std::size_t whole = bytes.size();
    bytes.resize(1000);
    testing::write_bytes(folder / "cut.h5", bytes);
    const std::string message = message_of<Error>([&] { inspect(folder / "cut.h5"); });
    EXPECT_NE(message.find("is an HDF5 file of " + std::to_string(whole) + " bytes that ends after 1000"),
              std::string::npos)
        << message;
}

} // namespace
} // namespace tacit::shards
