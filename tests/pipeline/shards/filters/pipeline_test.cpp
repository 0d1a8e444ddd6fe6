// SPDX-License-Identifier: Apache-2.0
#include "filter_cases.hpp"
#include "pipeline/base/error.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

namespace tacit::shards {
namespace {

ByteVector count_up(std::size_t bytes) {
    ByteVector data(bytes);
    std::iota(data.begin(), data.end(), std::uint8_t{1});
    return data;
}

TEST(FilterPipeline, SaysWhatItDecodes) {
    EXPECT_TRUE(FilterPipeline::decodes(1));
    EXPECT_TRUE(FilterPipeline::decodes(32008));
    EXPECT_FALSE(FilterPipeline::decodes(5));
    EXPECT_FALSE(FilterPipeline::decodes(6));
    EXPECT_FALSE(FilterPipeline::decodes(32026));
}

TEST(FilterPipeline, NamesFilters) {
    EXPECT_EQ(FilterPipeline::name(1), "gzip");
    EXPECT_EQ(FilterPipeline::name(6), "scale-offset");
    EXPECT_EQ(FilterPipeline::name(777), "filter 777");
}

TEST(FilterPipeline, RefusesAFilterThatItDoesNotDecode) {
    EXPECT_THROW(FilterPipeline({{5, {}}}, 1), DataError);
}

TEST(FilterPipeline, RefusesMoreFiltersThanTheMaskHasBits) {
    EXPECT_THROW(FilterPipeline(std::vector<Filter>(33, Filter{1, {}}), 1), DataError);
}

TEST(FilterPipeline, RefusesValuesThatMakeNoSense) {
    const std::vector<Filter> wrong = {
        {2, {0}},                    // shuffle of nothing
        {4, {32, 8, 16}},            // szip without a scanline
        {4, {32, 8, 25, 256}},       // 25 bits a pixel
        {4, {32, 0, 8, 256}},        // empty blocks
        {4, {32, 7, 8, 256}},        // odd blocks
        {4, {32, 64, 8, 256}},       // blocks too long
        {4, {32, 32, 8, 16}},        // a scanline shorter than a block
        {4, {32, 32, 8, 1U << 31U}}, // a scanline too long
        {32008, {0, 4, 0, 0, 2}},    // bitshuffle of nothing
        {32008, {0, 4, 2, 12, 2}},   // blocks that fill no bytes of a bit plane
        {32008, {0, 4, 2, 0, 1}},    // unknown compression
    };
    for (const Filter& filter : wrong) {
        EXPECT_THROW(FilterPipeline({filter}, 2), DataError) << filter.id;
    }
}

TEST(FilterPipeline, TakesTheElementSizeFromTheTypeWhereTheFilterHasNone) {
    const FilterPipeline pipeline({{2, {}}}, 2);
    EXPECT_EQ(decoded(pipeline, {1, 3, 2, 4, 5}, 0, 5), (ByteVector{1, 2, 3, 4, 5}));
    EXPECT_THROW(FilterPipeline({{2, {}}}, 0), DataError);
}

TEST(FilterPipeline, WithoutFiltersTheBytesAreTheChunk) {
    const ByteVector data = count_up(9);
    EXPECT_EQ(decoded(FilterPipeline({}, 1), data, 0, 9), data);
    EXPECT_THROW(decoded(FilterPipeline({}, 1), data, 0, 8), DataError);
}

TEST(FilterPipeline, SkippedFiltersAreNotUndone) {
    const FilterCase& whole = filter_case("shuffle_gzip_fletcher");
    const FilterPipeline pipeline = whole.pipeline();
    EXPECT_EQ(decoded(pipeline, whole.expected, 0b111, whole.expected.size()), whole.expected);
    ByteVector without_checksum(whole.stored.begin(), whole.stored.end() - 4);
    EXPECT_EQ(decoded(pipeline, without_checksum, 0b100, whole.expected.size()), whole.expected);
    EXPECT_THROW(decoded(pipeline, without_checksum, 0, whole.expected.size()), DataError);
}

TEST(FilterPipeline, MaskBitsBeyondTheFiltersMeanNothing) {
    const FilterCase& each = filter_case("gzip");
    EXPECT_EQ(decoded(each.pipeline(), each.stored, 0xFFFFFFFE, each.expected.size()), each.expected);
}

TEST(FilterPipeline, ACompressedCompressionMayHoldAnything) {
    const FilterCase& each = filter_case("lzf_gzip");
    ASSERT_EQ(each.mask, 0U);
    EXPECT_EQ(decoded(each.pipeline(), each.stored, 0, each.expected.size()), each.expected);
}

TEST(Fletcher32, AcceptsTheSwappedHalvesOfOldLibraries) {
    FilterCase each = filter_case("fletcher");
    auto sum = each.stored.end() - 4;
    std::swap(sum[0], sum[1]);
    std::swap(sum[2], sum[3]);
    EXPECT_EQ(decoded(each.pipeline(), each.stored, 0, each.expected.size()), each.expected);
    std::swap(sum[0], sum[2]);
    EXPECT_THROW(decoded(each.pipeline(), each.stored, 0, each.expected.size()), DataError);
}

TEST(Fletcher32, SumsOfManyWordsDoNotOverflow) {
    // 0xFFFF is zero in ones' complement: all of these sum to the negative zero.
    ByteVector stored(4'000'000, 0xFF);
    EXPECT_EQ(decoded(FilterPipeline({{3, {}}}, 1), stored, 0, stored.size() - 4), ByteVector(stored.size() - 4, 0xFF));
}

TEST(Blosc, AChunkThatWasOnlyCopiedIsRead) {
    const ByteVector data = count_up(20);
    ByteVector chunk = {2, 1, 0x02, 1, 20, 0, 0, 0, 20, 0, 0, 0, 36, 0, 0, 0};
    chunk.resize(36);
    std::copy(data.begin(), data.end(), &chunk[16]);
    EXPECT_EQ(decoded(FilterPipeline({{32001, {}}}, 1), chunk, 0, 20), data);
    chunk[4] = 19;
    EXPECT_THROW(decoded(FilterPipeline({{32001, {}}}, 1), chunk, 0, 19), DataError);
}

TEST(Blosc, AnOffsetBehindTheChunkIsRefused) {
    ByteVector chunk = {2, 1, 0x20, 1, 8, 0, 0, 0, 8, 0, 0, 0, 20, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F};
    EXPECT_THROW(decoded(FilterPipeline({{32001, {}}}, 1), chunk, 0, 8), DataError);
}

TEST(Blosc, AMatchLongerThanAnIntCountsIsRefused) { // c-blosc 1.21 writes far past its output
    constexpr std::size_t kMore = 8'421'705;
    const auto little = [](std::size_t value) {
        return ByteVector{static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8U),
                          static_cast<std::uint8_t>(value >> 16U), static_cast<std::uint8_t>(value >> 24U)};
    };
    const std::size_t stream = kMore + 69;
    ByteVector chunk = {2, 1, 0x10, 1};
    for (const std::size_t number : {stream + 1'000'000, stream + 1'000'000, stream + 24, std::size_t{20}, stream}) {
        const ByteVector bytes = little(number);
        chunk.insert(chunk.end(), bytes.begin(), bytes.end());
    }
    chunk.insert(chunk.end(), {0, 'A', 0xE0});
    chunk.insert(chunk.end(), kMore, 0xFF);
    chunk.insert(chunk.end(), {0x10, 0});
    chunk.resize(stream + 24);
    EXPECT_THROW(decoded(FilterPipeline({{32001, {}}}, 1), chunk, 0, stream + 1'000'000), DataError);
}

TEST(Lz4, AnEmptyBlockSizeIsRefused) {
    const ByteVector chunk = {0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_THROW(decoded(FilterPipeline({{32004, {}}}, 1), chunk, 0, 4), DataError);
}

TEST(Bitshuffle, AHugeDeclaredSizeTakesNoMemory) {
    const ByteVector chunk = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF8, 0xFF, 0xFF, 0xFF, 0xF8, 0, 0, 0, 0};
    EXPECT_THROW(decoded(FilterPipeline({{32008, {0, 4, 8, 0, 2}}}, 8), chunk, 0, 64), DataError);
}

TEST(Bitshuffle, AHugeElementTakesNoMemory) {
    const ByteVector chunk = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_THROW(decoded(FilterPipeline({{32008, {0, 4, 0xFFFFFFF8, 0, 2}}}, 8), chunk, 0, 64), DataError);
}

} // namespace
} // namespace tacit::shards
