// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/image_pass.hpp"

#include "pipeline/shards/parallel_for.hpp"

#include <algorithm>
#include <vector>

namespace tacit::shards {
namespace {

constexpr std::int64_t kBlocksAThread = 64; ///< between two calls of `done`

struct Reader {
    Block block;
    SampleBuffer buffer;
};

} // namespace

void pass_over_images(const Dataset& dataset, int threads, const LookAtImage& look, const ImagesDone& done) {
    std::vector<Reader> readers(static_cast<std::size_t>(threads));
    const std::vector<std::int64_t>& starts = dataset.block_starts();
    const auto start = [&](std::int64_t block) { return starts[static_cast<std::size_t>(block)]; };
    const auto blocks = static_cast<std::int64_t>(starts.size()) - 1;
    const std::int64_t batch = kBlocksAThread * threads;
    for (std::int64_t begin = 0; begin < blocks; begin += batch) {
        const std::int64_t end = std::min(blocks, begin + batch);
        parallel_for(end - begin, threads, [&](std::int64_t i, int thread) {
            const auto number = static_cast<std::size_t>(thread);
            Reader& reader = readers[number];
            dataset.load(begin + i, reader.block, reader.buffer.scratch);
            for (std::int64_t image = start(begin + i); image < start(begin + i + 1); ++image) {
                look(image, dataset.values(reader.block, image, reader.buffer), number);
            }
        });
        done(start(end));
    }
}

} // namespace tacit::shards
