// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

constexpr std::size_t kValues = std::size_t{6} * 5 * 7 * 3;

ImportOptions options_of(const TemporaryFolder& folder, const std::string& fixture) {
    ImportOptions options = options_for(folder);
    options.path = import_fixture("arrays/" + fixture);
    return options;
}

template <class T> void expect_values(const std::string& fixture, Element element, const std::string& axes = "") {
    const TemporaryFolder folder;
    ImportOptions options = options_of(folder, fixture);
    options.axes = axes;
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.kind, "npy") << fixture;
    EXPECT_EQ(summary.element, element) << fixture;
    EXPECT_EQ(stored_images(options.out + "/train-00000.h5").shape, (std::vector<std::uint64_t>{6, 5, 7, 3}))
        << fixture;
    EXPECT_EQ(stored_values<T>(options.out + "/train-00000.h5"), oracle_values<T>(kValues)) << fixture;
}

/// An array of 2, 1, 0, 2, 1, 0: a header of 128 bytes, then the labels.
Bytes six_labels() {
    std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }";
    header.resize(117, ' ');
    const std::string file = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + std::string("\n\2\1\0\2\1\0", 7);
    return {file.begin(), file.end()};
}

TEST(ImportNumpy, KeepsEveryTypeOfValue) {
    expect_values<std::uint8_t>("nhwc-u1.npy", Element::u8);
    expect_values<std::uint16_t>("nhwc-u2.npy", Element::u16);
    expect_values<std::int16_t>("nhwc-i2.npy", Element::i16);
    expect_values<float>("nhwc-f4.npy", Element::f32);
    expect_values<double>("nhwc-f8.npy", Element::f64);
}

TEST(ImportNumpy, UnderstandsOrdersOfAxesAndFortranOrder) {
    expect_values<std::uint8_t>("nchw.npy", Element::u8);
    expect_values<float>("fortran.npy", Element::f32);
    expect_values<std::uint8_t>("hwcn.npy", Element::u8, "HWCN");
}

TEST(ImportNumpy, KeepsHalves) {
    const TemporaryFolder folder;
    const ImportOptions options = options_of(folder, "nhwc-f2.npy");
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.element, Element::f16);
    const StoredNumbers array = stored_images(options.out + "/train-00000.h5");
    EXPECT_TRUE(array.is_float);
    EXPECT_EQ(array.value_bytes, 2U);
    EXPECT_EQ(array.bytes[0] | (array.bytes[1] << 8U), 0xCB40); // 11 / 2 - 20 = -14.5
    EXPECT_EQ(summary.value_range, (std::vector<double>{-20, 105}));
}

TEST(ImportNumpy, FloatStatisticsAreInTheValuesOwnUnit) {
    const TemporaryFolder folder;
    ImportOptions options = options_of(folder, "nhwc-f4.npy");
    const ImportSummary summary = import_images(options);
    const std::vector<double> values = oracle_values<double>(kValues);
    double sum = 0;
    double square = 0;
    for (std::size_t i = 1; i < kValues; i += 3) {
        sum += values[i];
        square += values[i] * values[i];
    }
    const double count = kValues / 3.0;
    EXPECT_NEAR(summary.mean[1], sum / count, 1e-12);
    EXPECT_NEAR(summary.std[1], std::sqrt(square / count - sum / count * sum / count), 1e-10);
    const std::string shard = options.out + "/train-00000.h5";
    EXPECT_EQ(number_attribute(shard, "mean"), summary.mean);
    EXPECT_EQ(number_attribute(shard, "value_range"), (std::vector<double>{-20, 105}));
    options.range = {0, 1};
    options.overwrite = true;
    import_images(options);
    EXPECT_EQ(number_attribute(shard, "value_range"), (std::vector<double>{0, 1}));
    options.range = {1, 0};
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("--range 0:1"), std::string::npos);
}

TEST(ImportNumpy, FloatsOfOneValueNeedARange) {
    const TemporaryFolder folder;
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4, 4), }";
    header.resize(117, ' ');
    const std::string start("\x93NUMPY\x01\x00\x76\x00", 10); // version 1.0, a header of 118 bytes
    write_file_atomically(folder / "flat.npy", start + header + "\n" + std::string(2 * 4 * 4 * sizeof(float), '\0'));
    ImportOptions options = options_of(folder, "nhwc-f4.npy");
    options.path = folder / "flat.npy";
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("every value is 0"), std::string::npos);
    options.range = {0, 1};
    EXPECT_EQ(import_images(options).splits.front().images, 2);
}

TEST(ImportNumpy, SixteenBitStatisticsAreFractions) {
    const TemporaryFolder folder;
    const ImportOptions options = options_of(folder, "nhwc-u2.npy");
    const ImportSummary wide = import_images(options);
    ImportOptions narrow = options_of(folder, "nhwc-u1.npy");
    narrow.out = folder / "narrow";
    const ImportSummary same = import_images(narrow); // The same values / 257.
    for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(wide.mean[c], same.mean[c], 1e-12);
        EXPECT_NEAR(wide.std[c], same.std[c], 1e-12);
    }
    EXPECT_TRUE(number_attribute(options.out + "/train-00000.h5", "value_range").empty());
}

TEST(ImportNumpy, ReadsStoredAndDeflatedArchivesAlike) {
    const TemporaryFolder folder;
    for (const std::string name : {"stored", "deflated"}) {
        ImportOptions options = options_of(folder, name + ".npz");
        options.out = folder / name;
        const ImportSummary summary = import_images(options);
        EXPECT_EQ(summary.kind, "npz");
        ASSERT_EQ(summary.left_out.size(), 1U); // The array that is neither images nor labels.
        EXPECT_EQ(summary.left_out[0].count, 1);
        const Dataset train = Dataset::open(options.out, "train");
        EXPECT_EQ(train.labels(), (std::vector<std::int32_t>{0, 1, 2, 3, 0, 1}));
        const Bytes all = oracle_values<std::uint8_t>(kValues);
        EXPECT_EQ(pixels_of(train, 5), Bytes(all.end() - 105, all.end()));
        EXPECT_EQ(Dataset::open(options.out, "test").labels(), (std::vector<std::int32_t>{3, 1})); // one-hot
    }
}

TEST(ImportNumpy, UnpacksFewBytesToMany) {
    const TemporaryFolder folder;
    const ImportSummary summary = import_images(options_of(folder, "zeros.npz"));
    EXPECT_EQ(summary.splits[0].images, 1);
    EXPECT_EQ(summary.mean[0], 0.0);
}

TEST(ImportNumpy, LabelsBesideAFileAreNamedWithWholeWords) {
    const Bytes images = read_bytes(import_fixture("arrays/nhwc-u1.npy"));
    const auto labelled = [&](const std::string& name, const std::string& beside) {
        const TemporaryFolder folder;
        write_bytes(folder / (name + ".npy"), images);
        write_bytes(folder / (beside + ".npy"), six_labels());
        ImportOptions options = options_for(folder);
        options.path = folder / (name + ".npy");
        import_images(options);
        return Dataset::open(options.out, "train").labels()[0] == 2;
    };
    EXPECT_TRUE(labelled("extra_x", "extra_y"));
    EXPECT_TRUE(labelled("X_extra", "y_extra"));
    EXPECT_TRUE(labelled("extra-imgs", "extra-labels"));
    EXPECT_TRUE(labelled("box", "box_labels"));
    EXPECT_FALSE(labelled("box", "boy"));
    EXPECT_FALSE(labelled("extra_x", "eytra_x"));
    EXPECT_FALSE(labelled("metadata", "metalabels"));
}

TEST(ImportNumpy, NumbersNamedClassAreLabelsWhereNothingElseIs) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/images.npy", read_bytes(import_fixture("arrays/nhwc-u1.npy")));
    write_bytes(folder / "source/class.npy", six_labels());
    ImportOptions options = options_for(folder);
    import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (std::vector<std::int32_t>{2, 1, 0, 2, 1, 0}));
    Bytes others = six_labels();
    std::reverse(others.end() - 6, others.end());
    write_bytes(folder / "source/labels.npy", others);
    options.overwrite = true;
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (std::vector<std::int32_t>{0, 1, 2, 0, 1, 2}));
    ASSERT_EQ(summary.left_out.size(), 1U);
    EXPECT_EQ(summary.left_out[0].count, 1);
}

TEST(ImportNumpy, ReadsAFolderOfArraysAndLabelsBesideAFile) {
    const TemporaryFolder folder;
    const Bytes images = read_bytes(import_fixture("arrays/nhwc-u1.npy"));
    const Bytes labels = six_labels();
    write_bytes(folder / "source/x_train.npy", images);
    write_bytes(folder / "source/y_train.npy", labels);
    write_bytes(folder / "source/x_test.npy", images);
    ImportOptions options = options_for(folder);
    import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (std::vector<std::int32_t>{2, 1, 0, 2, 1, 0}));
    EXPECT_EQ(Dataset::open(options.out, "test").labels(), std::vector<std::int32_t>(6, -1));
    options.path = folder / "source/x_train.npy";
    options.overwrite = true;
    import_images(options);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (std::vector<std::int32_t>{2, 1, 0, 2, 1, 0}));
}

TEST(ImportNumpy, OpenAxesAreAskedFor) {
    const TemporaryFolder folder;
    const ImportOptions options = options_of(folder, "hwcn.npy"); // (5, 7, 3, 6)
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("--axes"), std::string::npos);
    ImportOptions wrong = options;
    wrong.axes = "NHXC";
    EXPECT_NE(message_of<ConfigError>([&] { import_images(wrong); }).find("as in NHWC"), std::string::npos);
    wrong.axes = "NHW";
    EXPECT_NE(message_of<DataError>([&] { import_images(wrong); }).find("names 3 axes, the array has 4"),
              std::string::npos);
}

TEST(ImportNumpy, CutAndFlippedFilesAreRefused) {
    const TemporaryFolder folder;
    for (const std::string fixture : {"nhwc-u1.npy", "stored.npz", "deflated.npz"}) {
        const Bytes whole = read_bytes(import_fixture("arrays/" + fixture));
        ImportOptions options = options_for(folder);
        options.path = folder / fixture;
        for (std::size_t bytes = 0; bytes < whole.size(); bytes += 1 + whole.size() / 23) {
            write_bytes(options.path, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)));
            EXPECT_THROW(import_images(options), DataError) << fixture << " of " << bytes << " bytes";
        }
    }
    Bytes flipped = read_bytes(import_fixture("arrays/stored.npz"));
    flipped[250] ^= 4U; // A value: only the archive's checksum can tell.
    write_bytes(folder / "flipped.npz", flipped);
    ImportOptions options = options_for(folder);
    options.path = folder / "flipped.npz";
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("checksum of member x_train.npy"),
              std::string::npos);
}

TEST(ImportNumpy, NotANumberIsRefusedByItsPlace) {
    const TemporaryFolder folder;
    Bytes bytes = read_bytes(import_fixture("arrays/nhwc-f8.npy"));
    for (std::size_t i = 1; i <= 8; ++i) {
        bytes[bytes.size() - i] = 0xFF;
    }
    ImportOptions options = options_for(folder);
    options.path = folder / "nan.npy";
    write_bytes(options.path, bytes);
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("image 5: holds values that are NaN"),
              std::string::npos);
    options.skip_bad = true;
    EXPECT_EQ(import_images(options).splits[0].images, 5);
}

} // namespace
} // namespace tacit::shards
