// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/statistics.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/format/shard_writer.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace tacit::shards {
namespace {

using testing::Hdf5File;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Irregular numbers that no two neighbours share (golden-ratio sequence).
template <class T> std::vector<T> irregular(std::size_t count, double low, double high) {
    std::vector<T> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double fraction = 0.6180339887498949 * static_cast<double>(i + 1);
        values[i] = static_cast<T>(low + (high - low) * (fraction - std::floor(fraction)));
    }
    return values;
}

/// What NumPy's percentile() answers, by sorting.
template <class T> double percentile_by_sorting(std::vector<T> values, double percent) {
    std::sort(values.begin(), values.end());
    const double place = static_cast<double>(values.size() - 1) * percent / 100;
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, values.size() - 1);
    const double share = place - static_cast<double>(below);
    return static_cast<double>(values[below]) * (1 - share) + static_cast<double>(values[above]) * share;
}

Statistics measured(const std::string& path, const std::vector<double>& range = {}, int threads = 2) {
    DataSpec spec;
    spec.path = path;
    spec.range = range;
    StatisticsOptions options;
    options.threads = threads;
    return measure_statistics(Dataset::open(spec, "train"), options);
}

/// Compares every figure of channel 0 with one computed the long way.
template <class T> void expect_figures(const ChannelStatistics& got, const std::vector<T>& values) {
    const auto count = static_cast<double>(values.size());
    long double sum = 0;
    for (const T value : values) {
        sum += static_cast<long double>(value);
    }
    const auto mean = static_cast<double>(sum / count);
    long double square = 0;
    for (const T value : values) {
        square += (static_cast<long double>(value) - mean) * (static_cast<long double>(value) - mean);
    }
    const double size = std::abs(mean) + 1;
    EXPECT_EQ(got.values, values.size());
    EXPECT_NEAR(got.mean, mean, 1e-12 * size);
    EXPECT_NEAR(got.std, std::sqrt(static_cast<double>(square / count)), 1e-12 * size);
    EXPECT_EQ(got.min, static_cast<double>(*std::min_element(values.begin(), values.end())));
    EXPECT_EQ(got.max, static_cast<double>(*std::max_element(values.begin(), values.end())));
    for (const int percent : kPercents) {
        EXPECT_NEAR(got.percentile(percent), percentile_by_sorting(values, percent), 1e-9 * size) << percent;
    }
}

template <class T> void expect_exact(double low, double high) {
    const TemporaryFolder folder;
    const std::vector<T> values = irregular<T>(40 * 5 * 7, low, high);
    Hdf5File(folder / "x.h5").add("images", {40, 5, 7}, values);
    expect_figures(measured(folder / "x.h5").stored.at(0), values);
}

TEST(Statistics, AreExactForBytes) {
    expect_exact<std::uint8_t>(0, 256);
}

TEST(Statistics, AreExactForUnsignedShorts) {
    expect_exact<std::uint16_t>(100, 65536);
}

TEST(Statistics, AreExactForSignedShorts) {
    expect_exact<std::int16_t>(-32768, 32767);
}

TEST(Statistics, AreExactForFloatsOfEitherSign) {
    expect_exact<float>(-3, 7);
}

TEST(Statistics, AreExactForFloatsThatShareTheirUpperBits) {
    expect_exact<float>(1.0, 1.0001);
}

TEST(Statistics, AreExactForDoublesThatDifferInTheirLastBits) {
    expect_exact<double>(1.0, 1.0 + 1e-12);
}

TEST(Statistics, AreExactForHalves) {
    const TemporaryFolder folder;
    const std::vector<float> values = testing::counting<float>(6 * 4 * 4, 90, 0.25); // halves hold them exactly
    {
        const Hdf5File file(folder / "x.h5");
        const h5::Handle half = testing::half_type();
        file.add("images", {6, 4, 4}, values, {{}, 0, half.get()});
    }
    expect_figures(measured(folder / "x.h5").stored.at(0), values);
}

TEST(Statistics, CountDuplicatesAndClassesInUnitsOfTheRange) {
    const TemporaryFolder folder;
    const augment::ImageShape shape{1, 2, 1};
    ShardWriter writer(folder.path(), {"train", Layout::raw, shape, {"a", "b"}, ""});
    const std::vector<std::vector<std::uint8_t>> images = {{0, 255}, {51, 102}, {0, 255}, {0, 255}};
    for (std::size_t i = 0; i < images.size(); ++i) {
        writer.add(images[i], crc32c(images[i].data(), 2), i == 1 ? 1 : 0, i);
    }
    writer.seal({0.5}, {0.5});
    const Statistics statistics = measured(folder.path(), {}, 3);
    // Values 0, 1, .2, .4, 0, 1, 0, 1: mean 3.6 / 8; mean of squares (1 + .04 + .16 + 1 + 1) / 8.
    EXPECT_NEAR(statistics.scaled.at(0).mean, 3.6 / 8, 1e-12);
    EXPECT_NEAR(statistics.scaled.at(0).std, std::sqrt(3.2 / 8 - 0.45 * 0.45), 1e-12);
    EXPECT_EQ(statistics.stored.at(0).min, 0);
    EXPECT_EQ(statistics.stored.at(0).max, 255);
    EXPECT_EQ(statistics.class_counts, (std::vector<std::int64_t>{3, 1}));
    EXPECT_EQ(statistics.duplicates.count, 2);
    ASSERT_EQ(statistics.duplicates.examples.size(), 2U);
    EXPECT_EQ(statistics.duplicates.examples[0].first, 0);
    EXPECT_EQ(statistics.duplicates.examples[0].second, 2);
    EXPECT_EQ(statistics.duplicates.examples[1].first, 0);
    EXPECT_EQ(statistics.duplicates.examples[1].second, 3);
}

TEST(Statistics, MoveValuesOutsideOfTheRangeToItsEnds) {
    const TemporaryFolder folder;
    const std::vector<float> values = {-1, 0, 1, 2, 3, 4, 5, 6};
    Hdf5File(folder / "x.h5").add("images", {2, 2, 2}, values);
    const Statistics statistics = measured(folder / "x.h5", {0, 4});
    expect_figures(statistics.stored.at(0), values);
    const ChannelStatistics& scaled = statistics.scaled.at(0); // of 0 0 1/4 2/4 3/4 1 1 1
    EXPECT_EQ(statistics.outside, 3U);
    EXPECT_NEAR(scaled.mean, 4.5 / 8, 1e-15);
    EXPECT_NEAR(scaled.std, std::sqrt((0.0625 + 0.25 + 0.5625 + 3) / 8 - 0.5625 * 0.5625), 1e-15);
    EXPECT_EQ(scaled.max, 1);
    EXPECT_EQ(scaled.percentile(50), 0.625);
}

TEST(Statistics, OfWholeNumbersAreClampedLikeThoseOfFloats) {
    const TemporaryFolder folder;
    Hdf5File(folder / "u.h5").add("images", {2, 2, 2}, std::vector<std::uint16_t>{0, 10, 20, 30, 40, 50, 60, 70});
    Hdf5File(folder / "f.h5").add("images", {2, 2, 2}, std::vector<float>{0, 10, 20, 30, 40, 50, 60, 70});
    const Statistics whole = measured(folder / "u.h5", {15, 55});
    const Statistics real = measured(folder / "f.h5", {15, 55});
    EXPECT_EQ(whole.outside, 4U);
    EXPECT_EQ(real.outside, 4U);
    EXPECT_NEAR(whole.scaled.at(0).mean, real.scaled.at(0).mean, 1e-15);
    EXPECT_NEAR(whole.scaled.at(0).std, real.scaled.at(0).std, 1e-15);
    EXPECT_EQ(whole.scaled.at(0).percentiles, real.scaled.at(0).percentiles);
}

TEST(Statistics, OfFloatsNeedNoRange) {
    const TemporaryFolder folder;
    Hdf5File(folder / "x.h5").add("images", {2, 1, 2}, std::vector<float>{-5, 1, 2, 100});
    const Statistics statistics = measured(folder / "x.h5");
    EXPECT_EQ(statistics.stored.at(0).max, 100);
    EXPECT_TRUE(statistics.scaled.empty());
}

template <class T> void expect_left_out(const std::vector<T>& values, const std::vector<T>& finite) {
    const TemporaryFolder folder;
    Hdf5File(folder / "x.h5").add("images", {3, 1, 2}, values);
    const Statistics statistics = measured(folder / "x.h5", {0, 10});
    expect_figures(statistics.stored.at(0), finite);
    EXPECT_EQ(statistics.not_finite.nan, 1U);
    EXPECT_EQ(statistics.not_finite.infinite, 2U);
    EXPECT_EQ(statistics.not_finite_images, 2);
    EXPECT_EQ(statistics.first_not_finite, 1);
}

TEST(Statistics, LeaveOutWhatIsNotFiniteAndSayWhere) {
    expect_left_out<float>({1, 2, kNan, 3, -kInfinity, kInfinity}, {1, 2, 3});
    expect_left_out<double>({1, 2, kNan, 3, -kInfinity, kInfinity}, {1, 2, 3});
}

TEST(Statistics, ChannelsAreMeasuredApart) {
    const TemporaryFolder folder;
    const std::vector<float> values = irregular<float>(static_cast<std::size_t>(20 * 3 * 3 * 5), -1, 1);
    Hdf5File(folder / "x.h5").add("images", {20, 3, 3, 5}, values);
    DataSpec spec;
    spec.path = folder / "x.h5";
    spec.axes = "NHWC";
    const Statistics statistics = measure_statistics(Dataset::open(spec, "train"), {});
    for (std::size_t c = 0; c < 5; ++c) {
        std::vector<float> channel;
        for (std::size_t i = c; i < values.size(); i += 5) {
            channel.push_back(values[i]);
        }
        expect_figures(statistics.stored.at(c), channel);
    }
}

/// Everything but times, as bytes.
std::string bits_of(const Statistics& statistics) {
    std::string bits;
    for (const auto* channels : {&statistics.stored, &statistics.scaled}) {
        for (const ChannelStatistics& channel : *channels) {
            const double figures[4] = {channel.mean, channel.std, channel.min, channel.max};
            bits.append(reinterpret_cast<const char*>(figures), sizeof(figures)); // NOLINT
            bits.append(reinterpret_cast<const char*>(channel.percentiles.data()),
                        sizeof(channel.percentiles)); // NOLINT
        }
    }
    return bits;
}

TEST(Statistics, DependNeitherOnThreadsNorOnStorage) {
    const TemporaryFolder folder;
    const std::vector<float> values = irregular<float>(static_cast<std::size_t>(60 * 8 * 8 * 3), -1000, 3000);
    Hdf5File(folder / "plain.h5").add("images", {60, 8, 8, 3}, values);
    Hdf5File(folder / "chunked.h5").add("images", {60, 8, 8, 3}, values, {{7, 8, 5, 3}, 4, H5I_INVALID_HID});
    const std::string expected = bits_of(measured(folder / "plain.h5", {0, 2000}, 1));
    EXPECT_EQ(bits_of(measured(folder / "plain.h5", {0, 2000}, 3)), expected);
    EXPECT_EQ(bits_of(measured(folder / "chunked.h5", {0, 2000}, 1)), expected);
    EXPECT_EQ(bits_of(measured(folder / "chunked.h5", {0, 2000}, 4)), expected);
}

TEST(Statistics, WithoutPercentilesTakeOnePass) {
    const TemporaryFolder folder;
    Hdf5File(folder / "x.h5").add("images", {2, 1, 2}, std::vector<double>{1, 2, 3, 4});
    const Dataset dataset = Dataset::open(folder / "x.h5", "train");
    StatisticsOptions options;
    std::int64_t most = 0;
    options.progress = [&](std::int64_t done, std::int64_t total) {
        most = std::max(most, done);
        EXPECT_LE(done, total);
    };
    EXPECT_EQ(measure_statistics(dataset, options).passes, 4);
    EXPECT_EQ(most, 8);
    options.percentiles = false;
    const Statistics statistics = measure_statistics(dataset, options);
    EXPECT_EQ(statistics.passes, 1);
    EXPECT_EQ(statistics.stored.at(0).mean, 2.5);
    EXPECT_TRUE(std::isnan(statistics.stored.at(0).percentile(50)));
}

TEST(Statistics, OfEncodedImagesAreThoseOfTheirPixels) {
    const TemporaryFolder folder;
    const augment::ImageShape shape{5, 4, 3};
    ShardWriter writer(folder.path(), {"train", Layout::encoded, {0, 0, 3}, {}, ""});
    std::vector<std::uint8_t> red;
    for (int i = 0; i < 3; ++i) {
        const std::vector<std::uint8_t> png = testing::make_png(shape, i);
        const std::vector<std::uint8_t> pixels = testing::make_pixels(shape, i);
        for (std::size_t at = 0; at < pixels.size(); at += 3) {
            red.push_back(pixels[at]);
        }
        writer.add(png, crc32c(png.data(), png.size()), -1, static_cast<std::uint64_t>(i));
    }
    writer.seal({0.5, 0.5, 0.5}, {0.5, 0.5, 0.5});
    expect_figures(measured(folder.path()).stored.at(0), red);
}

TEST(Statistics, NameTheFirstDamagedImage) {
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "train", {8, 8, 3}, 10, 2);
    const std::string path = folder / "train-00000.h5";
    std::vector<std::uint8_t> bytes = testing::read_bytes(path);
    const std::vector<std::uint8_t> fourth = testing::make_pixels({8, 8, 3}, 4);
    const auto place = std::search(bytes.begin(), bytes.end(), fourth.begin(), fourth.end());
    ASSERT_NE(place, bytes.end());
    *place ^= 0xFFU;
    testing::write_bytes(path, bytes);
    const std::string message = message_of<DataError>([&] { measured(folder.path()); });
    EXPECT_NE(message.find("image 4"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::shards
