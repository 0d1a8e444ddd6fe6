// SPDX-License-Identifier: Apache-2.0
// Indexing any HDF5 file, and reading images by what the index says. Input: the file.
#include "fuzz_target.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/index/index_bytes.hpp"
#include "scratch_file.hpp"

#include <algorithm>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::int64_t kImages = 8;
    constexpr std::int64_t kMostBytes = std::int64_t{1} << 24; // larger images take longer and show nothing else
    const tacit::testing::ScratchFile file({reinterpret_cast<const char*>(data), size});
    tacit::shards::DataSpec spec;
    spec.path = file.path();
    spec.index_cache = false;
    spec.range = {0, 1};
    try {
        const tacit::shards::DatasetIndex index = tacit::shards::index_dataset(spec, "train");
        // What indexing found must be what another rank accepts.
        const tacit::shards::Dataset dataset(tacit::shards::index_of_bytes(tacit::shards::bytes_of_index(index)));
        const std::int64_t count = dataset.info().size;
        if (static_cast<std::int64_t>(dataset.info().shape.bytes()) > kMostBytes) {
            return 0;
        }
        tacit::shards::SampleBuffer buffer;
        for (std::int64_t i = 0; i < std::min(count, kImages); ++i) {
            try {
                dataset.read(i * (count - 1) / std::max<std::int64_t>(1, std::min(count, kImages) - 1), buffer);
            } catch (const tacit::Error&) { // as it should be
            }
        }
    } catch (const tacit::Error&) { // as it should be
    }
    return 0;
}
