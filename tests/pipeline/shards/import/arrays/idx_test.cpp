// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/import.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <functional>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using namespace tacit::testing; // NOLINT(google-build-using-namespace)

Bytes idx_bytes(const std::vector<std::uint32_t>& dims, const Bytes& data, std::uint8_t type = 8) {
    Bytes bytes = {0, 0, type, static_cast<std::uint8_t>(dims.size())};
    for (const std::uint32_t dim : dims) {
        for (const unsigned shift : {24U, 16U, 8U, 0U}) {
            bytes.push_back(static_cast<std::uint8_t>(dim >> shift));
        }
    }
    bytes.insert(bytes.end(), data.begin(), data.end());
    return bytes;
}

void write_gzip(const std::string& path, const Bytes& bytes) {
    fs::create_directories(fs::path(path).parent_path());
    const gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
}

using Write = std::function<void(const std::string&, const Bytes&)>;

void write_idx_pair(const std::string& prefix, const std::string& suffix, int count, const Write& write) {
    Bytes images;
    Bytes labels;
    for (int i = 0; i < count; ++i) {
        const Bytes pixels = make_pixels({4, 5, 1}, i);
        images.insert(images.end(), pixels.begin(), pixels.end());
        labels.push_back(static_cast<std::uint8_t>(i % 3));
    }
    const auto number = static_cast<std::uint32_t>(count);
    write(prefix + "-images-idx3-ubyte" + suffix, idx_bytes({number, 4, 5}, images));
    write(prefix + "-labels-idx1-ubyte" + suffix, idx_bytes({number}, labels));
}

void expect_idx_import(const TemporaryFolder& folder) {
    const ImportSummary summary = import_images(options_for(folder));
    EXPECT_EQ(summary.kind, "idx");
    EXPECT_EQ(summary.layout, Layout::raw);
    const Dataset train = Dataset::open(folder / "shards", "train");
    const Dataset test = Dataset::open(folder / "shards", "test");
    EXPECT_EQ(train.info().size, 7);
    EXPECT_EQ(test.info().size, 4);
    EXPECT_EQ(train.info().classes, (std::vector<std::string>{"0", "1", "2"}));
    EXPECT_EQ(test.labels(), (std::vector<std::int32_t>{0, 1, 2, 0}));
    EXPECT_EQ(pixels_of(train, 5), make_pixels({4, 5, 1}, 5));
    EXPECT_EQ(test.info().mean, train.info().mean);
}

TEST(ImportIdx, ReadsPlainFiles) {
    const TemporaryFolder folder;
    write_idx_pair(folder / "source/train", "", 7, write_bytes);
    write_idx_pair(folder / "source/t10k", "", 4, write_bytes);
    expect_idx_import(folder);
}

TEST(ImportIdx, ReadsGzippedFiles) {
    const TemporaryFolder folder;
    write_idx_pair(folder / "source/train", ".gz", 7, write_gzip);
    write_idx_pair(folder / "source/t10k", ".gz", 4, write_gzip);
    expect_idx_import(folder);
}

TEST(ImportIdx, TakesClassNamesFromTheOptions) {
    const TemporaryFolder folder;
    write_idx_pair(folder / "source/train", "", 7, write_bytes);
    ImportOptions options = options_for(folder);
    options.classes = {"shirt", "shoe"};
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("names 2 classes, the images have 3"),
              std::string::npos);
    options.classes.emplace_back("bag");
    import_images(options);
    EXPECT_EQ(Dataset::open(folder / "shards", "train").info().classes, options.classes);
}

TEST(ImportIdx, HeaderThatClaimsTooMuchIsRefusedWithTheFile) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/train-images-idx3-ubyte", idx_bytes({60000, 28, 28}, Bytes(100)));
    const std::string message = message_of<DataError>([&] { import_images(options_for(folder)); });
    EXPECT_NE(message.find("train-images-idx3-ubyte: holds less than the 47040000 bytes"), std::string::npos)
        << message;
    write_bytes(folder / "source/train-images-idx3-ubyte", idx_bytes({0xFFFFFFFF, 60000, 60000}, Bytes(100)));
    EXPECT_THROW(import_images(options_for(folder)), DataError);
    EXPECT_FALSE(fs::exists(folder / "shards"));
}

TEST(ImportIdx, LabelCountMustMatch) {
    const TemporaryFolder folder;
    write_idx_pair(folder / "source/train", "", 7, write_bytes);
    write_bytes(folder / "source/train-labels-idx1-ubyte", idx_bytes({3}, {0, 1, 2}));
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("3 labels for 7 images"),
              std::string::npos);
}

TEST(ImportIdx, KeepsShortsAndFloats) {
    const TemporaryFolder folder;
    write_bytes(folder / "shorts/images-idx3-short", idx_bytes({1, 1, 2}, {0xFF, 0xFE, 0x12, 0x34}, 0x0B));
    ImportOptions options = options_for(folder);
    options.path = folder / "shorts";
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.element, Element::i16);
    EXPECT_EQ(stored_values<std::int16_t>(options.out + "/train-00000.h5"), (std::vector<std::int16_t>{-2, 0x1234}));
    EXPECT_DOUBLE_EQ(summary.mean[0], (-2 + 0x1234) / 2.0 / 32767);

    options.path = folder / "floats";
    options.out = folder / "float-shards";
    write_bytes(options.path + "/images-idx3-float", idx_bytes({1, 1, 2}, {0x3F, 0xC0, 0, 0, 0, 0, 0, 0}, 0x0D));
    EXPECT_EQ(import_images(options).value_range, (std::vector<double>{0, 1.5}));
    EXPECT_EQ(stored_values<float>(options.out + "/train-00000.h5"), (std::vector<float>{1.5F, 0}));
}

TEST(ImportIdx, OtherTypesAreRefusedByName) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/images-idx3-int", idx_bytes({1, 1, 1}, {0, 0, 0, 1}, 0x0C));
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("IDX type 0x0c"),
              std::string::npos);
}

} // namespace
} // namespace tacit::shards
