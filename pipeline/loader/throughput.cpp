// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/throughput.hpp"

#include <chrono>

namespace tacit::loader {

Throughput measure_throughput(const shards::Dataset& dataset, const augment::Recipe& recipe,
                              const LoaderOptions& options, double seconds) {
    using Clock = std::chrono::steady_clock;
    Loader loader(dataset, recipe, options);
    for (int i = 0; i < options.slots; ++i) {
        loader.next();
    }
    const LoaderStats before = loader.stats();
    const Clock::time_point start = Clock::now();
    double elapsed = 0;
    while (elapsed < seconds) {
        loader.next();
        elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    }
    const LoaderStats after = loader.stats();
    Throughput result;
    result.images = after.samples - before.samples;
    result.seconds = elapsed;
    result.images_per_second = static_cast<double>(result.images) / elapsed;
    result.views_per_second = result.images_per_second * recipe.views();
    result.worker_seconds = after.worker_seconds - before.worker_seconds;
    result.wait_seconds = after.wait_seconds - before.wait_seconds;
    result.block_loads = after.block_loads - before.block_loads;
    result.peak_block_bytes = after.peak_block_bytes;
    result.workers = options.workers;
    result.views = recipe.views();
    return result;
}

} // namespace tacit::loader
