// SPDX-License-Identifier: Apache-2.0
// Every chunk that libhdf5 and its plugins wrote comes out as it went in.
#include "filter_cases.hpp"

#include <array>
#include <gtest/gtest.h>
#include <set>
#include <thread>

namespace tacit::shards {
namespace {

TEST(FilterOracle, EveryChunkIsDecodedToWhatWasWritten) {
    FilterScratch scratch;
    for (const FilterCase& each : filter_cases()) {
        ByteVector out(each.expected.size(), 0xA5);
        ASSERT_NO_THROW(each.pipeline().decode(each.stored, each.mask, out, scratch)) << each.name;
        EXPECT_EQ(out, each.expected) << each.name;
    }
}

TEST(FilterOracle, EveryFilterHasChunks) {
    std::set<std::uint32_t> ids;
    for (const FilterCase& each : filter_cases()) {
        for (const Filter& filter : each.filters) {
            ids.insert(filter.id);
        }
    }
    EXPECT_EQ(ids, (std::set<std::uint32_t>{1, 2, 3, 4, 32000, 32001, 32004, 32008, 32015}));
}

TEST(FilterOracle, ThreadsShareAPipeline) {
    const FilterCase& each = filter_case("shuffle_gzip_fletcher");
    const FilterPipeline pipeline = each.pipeline();
    std::array<int, 2> right{};
    const auto work = [&](int& count) {
        FilterScratch scratch;
        ByteVector out(each.expected.size());
        for (int i = 0; i < 500; ++i) {
            out.assign(out.size(), 0);
            pipeline.decode(each.stored, each.mask, out, scratch);
            count += out == each.expected ? 1 : 0;
        }
    };
    std::thread other(work, std::ref(right[0]));
    work(right[1]);
    other.join();
    EXPECT_EQ(right, (std::array<int, 2>{500, 500}));
}

TEST(FilterOracle, ThreadsShareAnSzipPipeline) {
    const FilterCase& each = filter_case("szip_nn_i4");
    const FilterPipeline pipeline = each.pipeline();
    std::array<int, 2> right{};
    const auto work = [&](int& count) {
        for (int i = 0; i < 500; ++i) {
            count += decoded(pipeline, each.stored, each.mask, each.expected.size()) == each.expected ? 1 : 0;
        }
    };
    std::thread other(work, std::ref(right[0]));
    work(right[1]);
    other.join();
    EXPECT_EQ(right, (std::array<int, 2>{500, 500}));
}

} // namespace
} // namespace tacit::shards
