// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/import/pack/pack_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::testing {

using shards::Dataset;
using shards::Element;
using shards::ImportOptions;
using shards::SampleBuffer;
using shards::StoredImage;

ImportOptions pack_options(const TemporaryFolder& folder, const std::string& source) {
    ImportOptions options;
    options.kind = "hdf5";
    options.path = source;
    options.out = folder / "packed";
    options.threads = 2;
    return options;
}

Bytes stored_bytes(const Dataset& dataset, std::int64_t index) {
    SampleBuffer buffer;
    const StoredImage image = dataset.stored(index, buffer);
    return {image.bytes.begin(), image.bytes.end()};
}

void expect_same(const Dataset& source, const Dataset& packed) {
    ASSERT_EQ(source.info().size, packed.info().size);
    EXPECT_EQ(source.info().shape, packed.info().shape);
    EXPECT_EQ(source.info().value_range, packed.info().value_range);
    EXPECT_EQ(source.info().classes, packed.info().classes);
    EXPECT_EQ(source.labels(), packed.labels());
    for (std::int64_t i = 0; i < source.info().size; ++i) {
        if (source.info().element != Element::bf16) {
            EXPECT_EQ(stored_bytes(source, i), stored_bytes(packed, i)) << i;
        }
        EXPECT_EQ(pixels_of(source, i), pixels_of(packed, i)) << i;
    }
}

Dataset packed_split(const ImportOptions& options, const std::string& split) {
    return Dataset::open(options.out, split);
}

} // namespace tacit::testing
