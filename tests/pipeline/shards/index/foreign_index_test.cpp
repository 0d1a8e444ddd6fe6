// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/inspect.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace tacit::shards {
namespace {

using testing::expect_blocks_equal_reads;
using testing::pixels_of;
using testing::spec_of;
using testing::write_foreign;

using Numbers = std::vector<std::int32_t>;

/// Makes a folder the working directory for a while.
class WorkingFolder {
  public:
    explicit WorkingFolder(const std::string& path) : before_(std::filesystem::current_path()) {
        std::filesystem::current_path(path);
    }
    ~WorkingFolder() {
        std::error_code ignored;
        std::filesystem::current_path(before_, ignored);
    }
    WorkingFolder(const WorkingFolder&) = delete;
    WorkingFolder& operator=(const WorkingFolder&) = delete;

  private:
    std::filesystem::path before_;
};

TEST(ForeignDataset, ReadsContiguousImagesWithBigEndianLabels) {
    const TemporaryFolder folder;
    write_foreign(folder / "galaxies.h5", "images", {5, 4, 4, 3}, "ans");
    const Dataset dataset = Dataset::open(folder / "galaxies.h5", "train");
    EXPECT_EQ(dataset.info().size, 5);
    EXPECT_EQ(dataset.info().classes.size(), 3U);
    EXPECT_EQ(dataset.labels(), (std::vector<std::int32_t>{0, 1, 2, 0, 1}));
    EXPECT_EQ(pixels_of(dataset, 1)[0], 48);
}

TEST(ForeignDataset, OneNameForAllSplitsIsNoTestSplit) {
    const TemporaryFolder folder;
    write_foreign(folder / "x.h5", "masks", {5, 4, 4, 3}, nullptr);
    DataSpec spec = spec_of(folder / "x.h5", "none");
    spec.images = "masks";
    EXPECT_EQ(Dataset::open(spec, "train").info().size, 5);
    const std::string message = message_of<ConfigError>([&] { Dataset::open(spec, "test"); });
    EXPECT_NE(message.find("there is no split 'test'"), std::string::npos) << message;
}

TEST(ForeignDataset, OneGrayImageIsReadByItsAxes) {
    const TemporaryFolder folder;
    write_foreign(folder / "x.h5", "scan", {14, 20}, nullptr);
    DataSpec spec = spec_of(folder / "x.h5", "none");
    spec.images = "scan";
    spec.axes = "HW";
    EXPECT_EQ(Dataset::open(spec, "train").info().shape, (augment::ImageShape{14, 20, 1}));
}

TEST(ForeignDataset, TooManyChannelsAreNoOtherOrderOfAxes) {
    const TemporaryFolder folder;
    write_foreign(folder / "x.h5", "images", {6, 11, 11, 60}, nullptr);
    const std::string message = message_of<DataError>([&] { Dataset::open(folder / "x.h5", "train"); });
    EXPECT_NE(message.find("square images of 60 channels"), std::string::npos) << message;
}

TEST(ForeignDataset, AttributesOfMatlabPutColumnsBeforeRows) {
    const TemporaryFolder folder;
    {
        const testing::Hdf5File file(folder / "x.mat");
        file.add("images", {2, 3, 5, 4}, std::vector<std::uint8_t>(120));
        file.add_text("images", "MATLAB_class", "uint8");
    }
    EXPECT_EQ(Dataset::open(folder / "x.mat", "train").info().shape, (augment::ImageShape{4, 5, 3}));
}

TEST(ForeignDataset, GrayStackWithoutChannelAxisHasOneChannel) {
    const TemporaryFolder folder;
    write_foreign(folder / "slices.h5", "data", {5, 4, 6}, nullptr);
    const Dataset dataset = Dataset::open(folder / "slices.h5", "train");
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{4, 6, 1}));
    EXPECT_EQ(dataset.labels()[0], -1);
}

TEST(ForeignDataset, FileWithoutSplitsIsNoTestSplit) {
    const TemporaryFolder folder;
    write_foreign(folder / "a.h5", "x", {5, 4, 4, 3}, "y");
    EXPECT_NE(message_of<DataError>([&] { Dataset::open(folder / "a.h5", "test"); }).find("no split 'test'"),
              std::string::npos);
}

TEST(ForeignDataset, ReadsChunksAsTheyAre) {
    const TemporaryFolder folder;
    write_foreign(folder / "plain.h5", "images", {5, 4, 4, 3}, "labels");
    write_foreign(folder / "chunked.h5", "images", {5, 4, 4, 3}, "labels", true);
    const Dataset plain = Dataset::open(folder / "plain.h5", "train");
    const Dataset chunked = Dataset::open(folder / "chunked.h5", "train");
    EXPECT_TRUE(plain.single_reads_are_cheap());
    EXPECT_FALSE(chunked.single_reads_are_cheap());
    for (std::int64_t i = 0; i < 5; ++i) {
        EXPECT_EQ(pixels_of(chunked, i), pixels_of(plain, i));
    }
    expect_blocks_equal_reads(chunked);
}

TEST(ForeignDataset, SurvivesEveryFlippedByteOfAChunkedFile) {
    const TemporaryFolder folder;
    write_foreign(folder / "whole.h5", "images", {5, 4, 4, 3}, "labels", true);
    const std::string whole = read_file(folder / "whole.h5");
    const std::string path = folder / "flipped.h5";
    SampleBuffer buffer;
    int refused = 0;
    for (std::size_t place = 0; place < whole.size(); ++place) {
        std::string flipped = whole;
        flipped[place] = static_cast<char>(~flipped[place]);
        testing::write_bytes(path, {flipped.begin(), flipped.end()});
        try {
            const Dataset dataset = Dataset::open(path, "train");
            for (std::int64_t i = 0; i < dataset.info().size; ++i) {
                dataset.read(i, buffer);
            }
        } catch (const Error&) {
            ++refused; // Other bytes may be pixels, or may not matter.
        }
    }
    EXPECT_GT(refused, 0);
}

TEST(ForeignDataset, ShapeThatHoldsNoImagesIsExplained) {
    const TemporaryFolder folder;
    write_foreign(folder / "flat.h5", "images", {5, 48}, nullptr);
    EXPECT_NE(message_of<DataError>([&] { Dataset::open(folder / "flat.h5", "train"); }).find("(5, 48)"),
              std::string::npos);
}

TEST(ForeignDataset, FloatingPointNumbersNeedARange) {
    const TemporaryFolder folder;
    const std::string path = folder / "float.h5";
    {
        const h5::Session session;
        const hsize_t dims[4] = {1, 1, 3, 1};
        const float values[3] = {-1.0F, 0.0F, 1.0F};
        const h5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
        const h5::Handle space(H5Screate_simple(4, dims, nullptr));
        const h5::Handle set(
            H5Dcreate2(file.get(), "images", H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        H5Dwrite(set.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    }
    const Dataset without = Dataset::open(path, "train");
    EXPECT_NE(message_of<ConfigError>([&] { pixels_of(without, 0); }).find("data.range"), std::string::npos);
    DataSpec spec;
    spec.path = path;
    spec.range = {-1, 1};
    EXPECT_EQ(pixels_of(Dataset::open(spec, "train"), 0), (std::vector<std::uint8_t>{0, 128, 255}));
}

TEST(ForeignDataset, MissingFileBesideABareNameIsNoEscape) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "inside");
    write_foreign(folder / "inside/csv.h5", "images", {2, 2, 2, 1}, nullptr);
    write_file_atomically(folder / "outside.csv", "label\n0\n1\n");
    std::filesystem::create_symlink(folder / "outside.csv", folder / "inside/link.csv");
    const WorkingFolder here(folder / "inside");
    const auto refused = [](const std::string& labels) {
        return message_of<Error>([&] { Dataset::open(spec_of("csv.h5", labels), "train"); });
    };
    for (const char* labels : {"gone.csv:label", "gone.h5:label", "gone/gone.csv:label"}) {
        const std::string name = std::string(labels).substr(0, std::string(labels).rfind(':'));
        EXPECT_NE(refused(labels).find(name + ": no such file in "), std::string::npos) << refused(labels);
    }
    for (const char* labels : {"../outside.csv:label", "../gone.csv:label", "link.csv:label", "/etc/gone.csv:label",
                               "gone/../../outside.csv:label", "../outside.h5:label", "../outside.csv:1"}) {
        EXPECT_NE(refused(labels).find("outside of the file's folder"), std::string::npos) << refused(labels);
    }
    DataSpec spec = spec_of("csv.h5", "../outside.csv:label");
    spec.roots = {".."};
    EXPECT_EQ(Dataset::open(spec, "train").labels(), (Numbers{0, 1}));
}

TEST(ForeignDataset, LabelsOfTheWorkingFolderAreRead) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "inside");
    write_foreign(folder / "inside/a.h5", "images", {2, 2, 2, 1}, nullptr);
    write_file_atomically(folder / "here.csv", "label\n1\n0\n");
    const WorkingFolder here(folder / "");
    const std::string cwd = std::filesystem::current_path().string();
    EXPECT_EQ(message_of<IoError>([&] { Dataset::open(spec_of("inside/a.h5", "gone.csv:label"), "train"); }),
              "gone.csv: no such file in " + cwd + " or in " + cwd +
                  "/inside; labels are TABLE:COLUMN, FILE:DATASET of HDF5, or none");
    EXPECT_EQ(Dataset::open(spec_of("inside/a.h5", "here.csv:label"), "train").labels(), (Numbers{1, 0}));
    const TemporaryFolder other;
    write_file_atomically(other / "other.csv", "label\n1\n1\n");
    std::filesystem::create_symlink(other / "other.csv", folder / "link.csv");
    const std::string up = "../" + std::filesystem::path(other / "").parent_path().filename().string() + "/other.csv";
    for (const std::string& labels : {std::string("link.csv"), up, other / "other.csv"}) {
        DataSpec spec = spec_of("inside/a.h5", labels + ":label");
        const std::string outside = message_of<DataError>([&] { Dataset::open(spec, "train"); });
        EXPECT_NE(outside.find("outside of the file's folder; name the folder in data.roots"), std::string::npos)
            << outside;
        spec.roots = {other / ""};
        EXPECT_EQ(Dataset::open(spec, "train").labels(), (Numbers{1, 1})) << labels;
    }
    write_file_atomically(folder / "inside/here.csv", "label\n0\n1\n");
    const std::string message =
        message_of<ConfigError>([&] { Dataset::open(spec_of("inside/a.h5", "here.csv:label"), "train"); });
    EXPECT_NE(message.find("here.csv is in " + cwd + " and in " + cwd + "/inside"), std::string::npos) << message;
}

TEST(Inspect, ExplainsWhatCannotBeRead) {
    const TemporaryFolder folder;
    write_foreign(folder / "flat.h5", "images", {5, 48}, "labels");
    const Inspection inspection = inspect(folder / "flat.h5");
    EXPECT_TRUE(inspection.data_section.empty());
    EXPECT_NE(inspection.guess.find("does not hold images"), std::string::npos) << inspection.guess;
}

TEST(Inspect, SurvivesEveryFlippedHeaderByte) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.h5";
    write_foreign(path, "images", {2, 3, 3, 1}, "labels");
    const std::vector<std::uint8_t> whole = testing::read_bytes(path);
    int described = 0;
    for (std::size_t i = 0; i < whole.size(); i += 3) {
        std::vector<std::uint8_t> bytes = whole;
        bytes[i] ^= 0xFFU;
        testing::write_bytes(path, bytes);
        try {
            described += inspect(path).lines.empty() ? 0 : 1;
        } catch (const Error&) {
            continue;
        }
    }
    EXPECT_GT(described, 0);
}

TEST(Hdf5Reasons, OfALockIsThatAnotherProcessWrites) {
    const TemporaryFolder folder;
    write_foreign(folder / "x.h5", "images", {2, 3, 3, 1}, "labels");
    const int other = open((folder / "x.h5").c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(flock(other, LOCK_EX), 0);
    {
        const h5::Session session;
        const h5::Handle locks(H5Pcreate(H5P_FILE_ACCESS));
        const h5::Handle file(H5Fopen((folder / "x.h5").c_str(), H5F_ACC_RDONLY, locks.get()));
        if (!file.valid()) { // the environment may turn locks off
            EXPECT_EQ(h5::reason(),
                      "another process has it open for writing; wait until it is closed there, or read a copy");
        }
    }
    EXPECT_EQ(Dataset::open(spec_of(folder / "x.h5"), "train").info().size, 2); // which takes no locks
    close(other);
}

} // namespace
} // namespace tacit::shards
