// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/shards/parallel_for.hpp"
#include "pipeline/shards/pixel_sums.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <unordered_map>

namespace tacit::shards {
namespace {

constexpr std::int64_t kBlock = 4096; ///< images between progress reports
constexpr std::size_t kExamples = 10;

struct Seen {
    std::string digest; ///< of shape and pixels
    int height = 0;
    int width = 0;
};

Seen look_at(augment::ImageView image) {
    Sha256 hash;
    const int shape[3] = {image.shape.height, image.shape.width, image.shape.channels};
    hash.update(shape, sizeof(shape));
    hash.update(image.data, image.shape.bytes());
    return {hash.hex(), image.shape.height, image.shape.width};
}

void count_classes(const Dataset& dataset, Statistics& result) {
    result.class_counts.assign(dataset.info().classes.size(), 0);
    for (const std::int32_t label : dataset.labels()) {
        if (label < 0) {
            ++result.unlabelled;
        } else {
            ++result.class_counts.at(static_cast<std::size_t>(label));
        }
    }
}

void find_duplicates(const std::vector<Seen>& seen, Statistics& result) {
    std::unordered_map<std::string, std::int64_t> first;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        const auto [place, fresh] = first.emplace(seen[i].digest, index);
        if (!fresh) {
            ++result.duplicates;
            if (result.duplicate_examples.size() < kExamples) {
                result.duplicate_examples.push_back({place->second, index});
            }
        }
    }
}

void find_sizes(const std::vector<Seen>& seen, Statistics& result) {
    const auto by_height = [](const Seen& a, const Seen& b) { return a.height < b.height; };
    const auto by_width = [](const Seen& a, const Seen& b) { return a.width < b.width; };
    const auto [low, high] = std::minmax_element(seen.begin(), seen.end(), by_height);
    const auto [narrow, wide] = std::minmax_element(seen.begin(), seen.end(), by_width);
    result.min_height = low->height;
    result.max_height = high->height;
    result.min_width = narrow->width;
    result.max_width = wide->width;
}

} // namespace

Statistics measure_statistics(const Dataset& dataset, int threads, const ProgressFn& progress) {
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t size = dataset.info().size;
    std::vector<Seen> seen(static_cast<std::size_t>(size));
    std::vector<PixelSums> sums(static_cast<std::size_t>(threads), PixelSums(dataset.info().channels));
    std::vector<SampleBuffer> buffers(static_cast<std::size_t>(threads));
    for (std::int64_t begin = 0; begin < size; begin += kBlock) {
        const std::int64_t count = std::min(kBlock, size - begin);
        parallel_for(count, threads, [&](std::int64_t i, int worker) {
            const auto slot = static_cast<std::size_t>(worker);
            const augment::ImageView image = dataset.read(begin + i, buffers[slot]);
            sums[slot].add(image);
            seen[static_cast<std::size_t>(begin + i)] = look_at(image);
        });
        if (progress) {
            progress(begin + count, size);
        }
    }
    for (std::size_t i = 1; i < sums.size(); ++i) {
        sums[0].add(sums[i]);
    }
    Statistics result;
    result.mean = sums[0].mean();
    result.std = sums[0].std();
    result.min = sums[0].min();
    result.max = sums[0].max();
    count_classes(dataset, result);
    find_duplicates(seen, result);
    find_sizes(seen, result);
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

} // namespace tacit::shards
