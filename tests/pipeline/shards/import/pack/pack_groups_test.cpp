// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

ImportOptions pack_options(const TemporaryFolder& folder) {
    ImportOptions options;
    options.kind = "hdf5";
    options.path = folder / "a.h5";
    options.images = "photos";
    options.out = folder / "packed";
    options.threads = 2;
    return options;
}

/// Two compressed images, of `rows` and 12 rows.
void write_photos(const TemporaryFolder& folder, hsize_t rows) {
    const Hdf5File file(folder / "a.h5");
    for (const auto& [name, height] : {std::pair<const char*, hsize_t>{"photos/0", rows}, {"photos/1", 12}}) {
        file.add(name, {height, 10, 3}, counting<std::uint8_t>(height * 30, 251), {{5, 10, 3}, 4, H5I_INVALID_HID});
    }
}

/// Masks of 9 and `columns` columns.
void write_masks(const TemporaryFolder& folder, hsize_t columns) {
    const Hdf5File file(folder / "a.h5");
    const h5::Handle type(H5Tenum_create(H5T_STD_I8LE));
    for (const auto& [name, value] : {std::pair<const char*, std::int8_t>{"FALSE", 0}, {"TRUE", 1}}) {
        H5Tenum_insert(type.get(), name, &value);
    }
    const Bytes values = counting<std::uint8_t>(9 * columns, 2);
    file.add("photos/0", type.get(), {9, 9}, values.data(), {});
    file.add("photos/1", type.get(), {9, columns}, values.data(), {});
}

void expect_same_pixels(const ImportOptions& options) {
    DataSpec spec;
    spec.path = options.path;
    spec.images = options.images;
    const Dataset source = Dataset::open(spec, "train");
    const Dataset packed = Dataset::open(options.out, "train");
    EXPECT_EQ(source.info().value_range, packed.info().value_range);
    for (std::int64_t i = 0; i < 2; ++i) {
        EXPECT_EQ(pixels_of(source, i), pixels_of(packed, i)) << i;
    }
}

TEST(PackGroups, CompressedPixelsOfOneSizeBecomeRawImages) {
    const TemporaryFolder folder;
    write_photos(folder, 12);
    EXPECT_EQ(import_images(pack_options(folder)).layout, Layout::raw);
    expect_same_pixels(pack_options(folder));
}

TEST(PackGroups, CompressedPixelsOfSeveralSizesBecomePng) {
    const TemporaryFolder folder;
    write_photos(folder, 17);
    EXPECT_EQ(import_images(pack_options(folder)).layout, Layout::encoded);
    expect_same_pixels(pack_options(folder));
}

TEST(PackGroups, BoolsStayBlackAndWhite) {
    const TemporaryFolder folder;
    write_masks(folder, 9);
    import_images(pack_options(folder));
    expect_same_pixels(pack_options(folder));
}

TEST(PackGroups, BoolsOfSeveralSizesAreRefused) {
    const TemporaryFolder folder;
    write_masks(folder, 11);
    const std::string message = message_of<DataError>([&] { import_images(pack_options(folder)); });
    EXPECT_NE(message.find("range [0, 1]"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::shards
