// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/import.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using namespace tacit::testing; // NOLINT(google-build-using-namespace)

Bytes cifar_records(int count, int seed) {
    Bytes bytes;
    for (int i = 0; i < count; ++i) {
        bytes.push_back(static_cast<std::uint8_t>((seed + i) % 10));
        const Bytes pixels = make_pixels({32, 32, 3}, seed + i);
        for (std::size_t c = 0; c < 3; ++c) {
            for (std::size_t p = 0; p < 1024; ++p) {
                bytes.push_back(pixels[3 * p + c]);
            }
        }
    }
    return bytes;
}

TEST(ImportCifar10, InterleavesThePlanes) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/cifar-10-batches-bin/data_batch_1.bin", cifar_records(4, 0));
    write_bytes(folder / "source/cifar-10-batches-bin/data_batch_2.bin", cifar_records(3, 4));
    write_bytes(folder / "source/cifar-10-batches-bin/test_batch.bin", cifar_records(2, 20));
    const ImportSummary summary = import_images(options_for(folder));
    EXPECT_EQ(summary.kind, "cifar10");
    const Dataset train = Dataset::open(folder / "shards", "train");
    ASSERT_EQ(train.info().size, 7);
    EXPECT_EQ(train.info().classes[3], "cat");
    EXPECT_EQ(train.labels()[6], 6);
    EXPECT_EQ(pixels_of(train, 6), make_pixels({32, 32, 3}, 6));
    EXPECT_EQ(Dataset::open(folder / "shards", "test").labels(), (std::vector<std::int32_t>{0, 1}));
}

TEST(ImportCifar10, CutFileIsRefused) {
    const TemporaryFolder folder;
    Bytes records = cifar_records(2, 0);
    records.pop_back();
    write_bytes(folder / "source/data_batch_1.bin", records);
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("not a multiple"),
              std::string::npos);
}

/// Labels, then planes in which value (y, x, c) is (y + 2 x + 64 c + seed) mod 256.
Bytes cifar100_record(std::uint8_t coarse, std::uint8_t fine, int seed) {
    Bytes record = {coarse, fine};
    for (int c = 0; c < 3; ++c) {
        for (int p = 0; p < 1024; ++p) {
            record.push_back(static_cast<std::uint8_t>(p / 32 + 2 * (p % 32) + 64 * c + seed));
        }
    }
    return record;
}

void write_cifar100(const TemporaryFolder& folder) {
    Bytes train = cifar100_record(3, 41, 5);
    const Bytes second = cifar100_record(19, 99, 6);
    train.insert(train.end(), second.begin(), second.end());
    write_bytes(folder / "source/cifar-100-binary/train.bin", train);
    write_bytes(folder / "source/cifar-100-binary/test.bin", cifar100_record(0, 7, 7));
}

TEST(ImportCifar100, TakesFineLabelsOrCoarseOnes) {
    const TemporaryFolder folder;
    write_cifar100(folder);
    ImportOptions options = options_for(folder);
    EXPECT_EQ(import_images(options).kind, "cifar100");
    const Dataset fine = Dataset::open(options.out, "train");
    EXPECT_EQ(fine.labels(), (std::vector<std::int32_t>{41, 99}));
    const Bytes pixels = pixels_of(fine, 1);
    EXPECT_EQ(pixels[(2 * 32 + 5) * 3 + 1], 2 + 10 + 64 + 6);
    options.label = "coarse";
    options.overwrite = true;
    import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (std::vector<std::int32_t>{3, 19}));
    EXPECT_EQ(Dataset::open(options.out, "test").labels(), (std::vector<std::int32_t>{0}));
    options.label = "course";
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("did you mean 'coarse'"),
              std::string::npos);
}

TEST(ImportCifar100, NamesClassesByTheFileBesideThem) {
    const TemporaryFolder folder;
    write_cifar100(folder);
    std::string names;
    for (int i = 0; i < 20; ++i) {
        names += "group" + std::to_string(i) + "\n";
    }
    write_bytes(folder / "source/cifar-100-binary/coarse_label_names.txt", {names.begin(), names.end()});
    ImportOptions options = options_for(folder);
    options.label = "coarse";
    EXPECT_EQ(import_images(options).classes[19], "group19");
}

TEST(ImportCifar100, CutFilesAndImpossibleLabelsAreRefused) {
    const TemporaryFolder folder;
    Bytes record = cifar100_record(20, 100, 0);
    write_bytes(folder / "source/train.bin", record);
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("class 100"), std::string::npos);
    record.pop_back();
    write_bytes(folder / "source/train.bin", record);
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("not a multiple"),
              std::string::npos);
}

} // namespace
} // namespace tacit::shards
