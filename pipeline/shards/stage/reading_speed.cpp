// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/stage/reading_speed.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/write/shuffled_order.hpp"
#include "pipeline/shards/parallel_for.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>

namespace tacit::shards {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kMaxItems = std::int64_t{1} << 20; ///< of a list of what to read; it is gone through again

/// A random order of [0, count), or of some of it.
std::vector<std::int64_t> random_items(std::int64_t count) {
    std::vector<std::int64_t> places(static_cast<std::size_t>(std::min(count, kMaxItems)) + 1);
    std::iota(places.begin(), places.end(), 0);
    std::vector<std::int64_t> order = shuffled_order(places, places.size(), 0);
    for (std::int64_t& item : order) {
        item = item * (count / std::max<std::int64_t>(1, static_cast<std::int64_t>(order.size())));
    }
    return order;
}

/// Calls read(item, worker), which returns a number of images, for about `seconds`; images a second.
template <class Read> double rate(std::int64_t count, int threads, double seconds, const Read& read) {
    const std::vector<std::int64_t> items = random_items(count);
    const auto size = static_cast<std::int64_t>(items.size());
    std::atomic<std::int64_t> images{0};
    const Clock::time_point start = Clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    while (elapsed() < seconds) {
        parallel_for(size, threads, [&](std::int64_t i, int worker) {
            if (elapsed() < seconds) {
                images += read(items[static_cast<std::size_t>(i)], static_cast<std::size_t>(worker));
            }
        });
    }
    return static_cast<double>(images) / elapsed();
}

struct Scratch {
    Block block;
    SampleBuffer buffer;
};

std::int64_t read_block(const Dataset& dataset, std::int64_t number, Scratch& scratch) {
    const std::vector<std::int64_t>& starts = dataset.block_starts();
    std::int64_t images = 0;
    try {
        dataset.load(number, scratch.block, scratch.buffer.scratch);
        const std::int64_t end = starts[static_cast<std::size_t>(number) + 1];
        for (std::int64_t image = starts[static_cast<std::size_t>(number)]; image < end; ++image, ++images) {
            dataset.image(scratch.block, image, scratch.buffer);
        }
    } catch (const DataError&) { // whether images are good is not the question here
        return images;
    }
    return images;
}

std::int64_t read_one(const Dataset& dataset, std::int64_t image, Scratch& scratch) {
    try {
        dataset.read(image, scratch.buffer);
        return 1;
    } catch (const DataError&) {
        return 0;
    }
}

} // namespace

ReadingSpeed measure_reading(const Dataset& dataset, int threads, double seconds) {
    std::vector<Scratch> scratch(static_cast<std::size_t>(threads));
    ReadingSpeed speed;
    speed.alone = rate(dataset.info().size, threads, seconds, [&](std::int64_t image, std::size_t worker) {
        return read_one(dataset, image, scratch[worker]);
    });
    const auto blocks = static_cast<std::int64_t>(dataset.block_starts().size()) - 1;
    speed.blocks = rate(blocks, threads, seconds, [&](std::int64_t number, std::size_t worker) {
        return read_block(dataset, number, scratch[worker]);
    });
    return speed;
}

} // namespace tacit::shards
