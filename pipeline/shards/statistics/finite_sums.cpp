// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/finite_sums.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace tacit::shards {
namespace {

/// The finite values of one channel, side by side.
template <class T> std::size_t gather(const StoredImage& image, std::size_t channel, std::vector<std::uint8_t>& plane) {
    const std::size_t step = static_cast<std::size_t>(image.shape.channels) * sizeof(T);
    plane.resize(image.bytes.size() / step * sizeof(T));
    std::size_t count = 0;
    for (std::size_t at = channel * sizeof(T); at < image.bytes.size(); at += step) {
        const T value = load<T>(image.bytes.data() + at);
        if (std::isfinite(value)) {
            std::memcpy(plane.data() + count++ * sizeof(T), &value, sizeof(T));
        }
    }
    return count;
}

/// An end of a range, which may be declared beyond what T can hold.
template <class T> T end_of_range(double value) {
    using Limits = std::numeric_limits<T>;
    return static_cast<T>(std::clamp<double>(value, Limits::lowest(), Limits::max()));
}

/// Returns how many values were moved.
template <class T>
std::uint64_t clamp_all(std::vector<std::uint8_t>& plane, std::size_t count, std::span<const double> range) {
    const T low = end_of_range<T>(range[0]);
    const T high = end_of_range<T>(range[1]);
    std::uint64_t outside = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const T value = load<T>(plane.data() + i * sizeof(T));
        const T inside = std::clamp(value, low, high);
        outside += inside != value ? 1 : 0;
        std::memcpy(plane.data() + i * sizeof(T), &inside, sizeof(T));
    }
    return outside;
}

template <class T>
FiniteSums sum_channel(const StoredImage& image, std::size_t channel, std::span<const double> range,
                       std::vector<std::uint8_t>& plane) {
    FiniteSums sums(image.element);
    const std::size_t count = gather<T>(image, channel, plane);
    const augment::ImageShape shape{1, static_cast<int>(count), 1};
    sums.stored.add(plane.data(), shape);
    if (count == 0 || range.empty() || (sums.stored.lowest() >= range[0] && sums.stored.highest() <= range[1])) {
        sums.clamped = sums.stored;
        return sums;
    }
    sums.outside = clamp_all<T>(plane, count, range);
    sums.clamped.add(plane.data(), shape);
    return sums;
}

} // namespace

void FiniteSums::add(const FiniteSums& other) {
    stored.add(other.stored);
    clamped.add(other.clamped);
    outside += other.outside;
}

std::vector<FiniteSums> sum_image(const StoredImage& image, std::span<const double> range,
                                  std::vector<std::uint8_t>& plane) {
    std::vector<FiniteSums> sums;
    sums.reserve(static_cast<std::size_t>(image.shape.channels));
    for (std::size_t c = 0; c < static_cast<std::size_t>(image.shape.channels); ++c) {
        sums.push_back(image.element == Element::f64 ? sum_channel<double>(image, c, range, plane)
                                                     : sum_channel<float>(image, c, range, plane));
    }
    return sums;
}

} // namespace tacit::shards
