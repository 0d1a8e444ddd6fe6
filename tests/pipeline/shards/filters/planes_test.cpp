// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/planes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <vector>

namespace tacit::shards {
namespace {

using ByteVector = std::vector<std::uint8_t>;

ByteVector arbitrary(std::size_t bytes) {
    return *rc::gen::container<ByteVector>(bytes, rc::gen::arbitrary<std::uint8_t>());
}

/// By the definition of the layout.
ByteVector cut_into_bit_planes(const ByteVector& data, std::size_t element_bytes) {
    const std::size_t count = data.size() / element_bytes;
    ByteVector planes(data.size());
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t bit = 0; bit < 8 * element_bytes; ++bit) {
            const unsigned value = data[i * element_bytes + bit / 8] >> bit % 8 & 1U;
            planes[bit * count / 8 + i / 8] |= static_cast<std::uint8_t>(value << i % 8);
        }
    }
    return planes;
}

RC_GTEST_PROP(BitPlanes, ArePutTogetherToWhatWasCut, ()) {
    const auto element_bytes = *rc::gen::inRange<std::size_t>(1, 70);
    const ByteVector data = arbitrary(element_bytes * 8 * *rc::gen::inRange<std::size_t>(0, 40));
    const ByteVector planes = cut_into_bit_planes(data, element_bytes);
    ByteVector out(data.size());
    ByteVector memory(bit_planes_memory(element_bytes));
    interleave_bits(planes.data(), element_bytes, data.size() / element_bytes, out.data(), memory.data());
    RC_ASSERT(out == data);
}

TEST(BitPlanes, SeveralTilesArePutTogether) {
    for (const std::size_t element_bytes : {1U, 2U, 4U, 8U}) {
        ByteVector data(8 * element_bytes * 1031);
        for (std::size_t i = 0; i < data.size(); ++i) {
            data[i] = static_cast<std::uint8_t>(i * i >> 3U);
        }
        ByteVector out(data.size());
        ByteVector memory(bit_planes_memory(element_bytes));
        interleave_bits(cut_into_bit_planes(data, element_bytes).data(), element_bytes, data.size() / element_bytes,
                        out.data(), memory.data());
        EXPECT_EQ(out, data);
    }
}

RC_GTEST_PROP(BytePlanes, ArePutTogetherToWhatWasCut, ()) {
    const auto element_bytes = *rc::gen::inRange<std::size_t>(1, 20);
    const ByteVector data = arbitrary(*rc::gen::inRange<std::size_t>(0, 2000));
    const std::size_t count = data.size() / element_bytes;
    ByteVector planes = data;
    for (std::size_t i = 0; i < count * element_bytes; ++i) {
        planes[i % element_bytes * count + i / element_bytes] = data[i];
    }
    ByteVector out(data.size());
    unshuffle(planes.data(), planes.size(), element_bytes, out.data());
    RC_ASSERT(out == data);
}

} // namespace
} // namespace tacit::shards
