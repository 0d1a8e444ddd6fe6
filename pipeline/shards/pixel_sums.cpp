// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/pixel_sums.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tacit::shards {
namespace {

constexpr double kFullScale = 255.0;

struct ChannelSums {
    std::uint64_t sum = 0;
    std::uint64_t square = 0;
    std::uint8_t min = 255;
    std::uint8_t max = 0;
};

template <std::size_t Channels> void accumulate(const std::uint8_t* data, std::size_t pixels, ChannelSums* out) {
    // 32-bit partial sums hold 65025 * 65536 < 2^32 and let the loop run in vector registers.
    constexpr std::size_t kBlock = 65536;
    for (std::size_t begin = 0; begin < pixels; begin += kBlock) {
        const std::size_t count = std::min(kBlock, pixels - begin);
        for (std::size_t c = 0; c < Channels; ++c) {
            const std::uint8_t* p = data + begin * Channels + c;
            std::uint32_t sum = 0;
            std::uint32_t square = 0;
            std::uint8_t low = out[c].min;
            std::uint8_t high = out[c].max;
            for (std::size_t i = 0; i < count; ++i) {
                const std::uint32_t value = p[i * Channels];
                sum += value;
                square += value * value;
                low = std::min(low, p[i * Channels]);
                high = std::max(high, p[i * Channels]);
            }
            out[c].sum += sum;
            out[c].square += square;
            out[c].min = low;
            out[c].max = high;
        }
    }
}

} // namespace

void PixelSums::add(augment::ImageView image) {
    const auto channels = static_cast<std::size_t>(channels_);
    if (image.shape.channels != channels_ || channels > kMaxChannels) {
        throw std::logic_error("PixelSums: channel count differs");
    }
    std::array<ChannelSums, kMaxChannels> part{};
    const std::size_t pixels = image.shape.bytes() / channels;
    switch (channels) {
    case 1:
        accumulate<1>(image.data, pixels, part.data());
        break;
    case 2:
        accumulate<2>(image.data, pixels, part.data());
        break;
    case 3:
        accumulate<3>(image.data, pixels, part.data());
        break;
    default:
        accumulate<4>(image.data, pixels, part.data());
        break;
    }
    pixels_ += pixels;
    for (std::size_t c = 0; c < channels; ++c) {
        sum_[c] += part[c].sum;
        square_[c] += part[c].square;
        min_[c] = std::min(min_[c], part[c].min);
        max_[c] = std::max(max_[c], part[c].max);
    }
}

void PixelSums::add(const PixelSums& other) {
    pixels_ += other.pixels_;
    for (std::size_t c = 0; c < kMaxChannels; ++c) {
        sum_[c] += other.sum_[c];
        square_[c] += other.square_[c];
        min_[c] = std::min(min_[c], other.min_[c]);
        max_[c] = std::max(max_[c], other.max_[c]);
    }
}

std::vector<double> PixelSums::mean() const {
    std::vector<double> out;
    for (std::size_t c = 0; pixels_ > 0 && c < static_cast<std::size_t>(channels_); ++c) {
        out.push_back(static_cast<double>(sum_[c]) / static_cast<double>(pixels_) / kFullScale);
    }
    return out;
}

std::vector<double> PixelSums::std() const {
    std::vector<double> out;
    const std::vector<double> means = mean();
    for (std::size_t c = 0; c < means.size(); ++c) {
        const double square =
            static_cast<double>(square_[c]) / static_cast<double>(pixels_) / (kFullScale * kFullScale);
        out.push_back(std::sqrt(std::max(0.0, square - means[c] * means[c])));
    }
    return out;
}

std::vector<int> PixelSums::min() const {
    return {min_.begin(), min_.begin() + channels_};
}

std::vector<int> PixelSums::max() const {
    return {max_.begin(), max_.begin() + channels_};
}

} // namespace tacit::shards
