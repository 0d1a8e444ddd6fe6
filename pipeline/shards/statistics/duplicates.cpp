// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/duplicates.hpp"

#include "pipeline/base/digest.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace tacit::shards {

ImageDigest digest_of(const StoredImage& image) {
    constexpr std::size_t kDigits = 16;
    constexpr int kHexadecimal = 16;
    Sha256 hash;
    const int shape[3] = {image.shape.height, image.shape.width, image.shape.channels};
    hash.update(shape, sizeof(shape));
    hash.update(image.bytes.data(), image.bytes.size());
    const std::string hex = hash.hex();
    return {std::stoull(hex.substr(0, kDigits), nullptr, kHexadecimal),
            std::stoull(hex.substr(kDigits, kDigits), nullptr, kHexadecimal)};
}

Duplicates find_duplicates(const std::vector<ImageDigest>& digests) {
    constexpr std::size_t kExamples = 10;
    std::vector<std::int64_t> order(digests.size());
    std::iota(order.begin(), order.end(), 0);
    const auto digest = [&](std::int64_t image) { return digests[static_cast<std::size_t>(image)]; };
    std::sort(order.begin(), order.end(),
              [&](std::int64_t a, std::int64_t b) { return std::pair(digest(a), a) < std::pair(digest(b), b); });
    std::vector<DuplicatePair> pairs;
    for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
        if (digest(order[i]) == digest(order[first])) {
            pairs.push_back({order[first], order[i]});
        } else {
            first = i;
        }
    }
    std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    const auto count = static_cast<std::int64_t>(pairs.size());
    pairs.resize(std::min(pairs.size(), kExamples));
    return {count, std::move(pairs)};
}

} // namespace tacit::shards
