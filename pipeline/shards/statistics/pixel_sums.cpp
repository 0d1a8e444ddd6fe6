// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/pixel_sums.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/read/half.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace tacit::shards {
namespace {

using Channel = PixelSums::Channel;
__extension__ using Wide = unsigned __int128;

Wide square_of(const Channel& channel) {
    return (static_cast<Wide>(channel.square_high) << 64U) | channel.square;
}

void set_square(Channel& channel, Wide square) {
    channel.square = static_cast<std::uint64_t>(square);
    channel.square_high = static_cast<std::uint64_t>(square >> 64U);
}

bool is_integer(Element element) {
    return element == Element::u8 || element == Element::u16 || element == Element::i16;
}

double full_scale(Element element) {
    return element == Element::u8 ? 255.0 : element == Element::u16 ? 65535.0 : 32767.0;
}

double lowest_value(Element element) {
    return element == Element::i16 ? -32768.0 : 0.0;
}

/// Sums of one channel of one image, at most kMaxPixels values: 2^27 * 2^32 < 2^64. Blocks of partial sums of 32 bits,
/// which u8 cannot overflow (65025 * 65536 < 2^32), and a step known when compiling let the loop run in vector
/// registers.
template <class T, class Partial, class Step> Channel integer_sums(const T* values, std::size_t count, Step step) {
    constexpr std::size_t kBlock = 65536;
    T low = std::numeric_limits<T>::max();
    T high = std::numeric_limits<T>::min();
    std::uint64_t sum = 0;
    std::uint64_t square = 0;
    for (std::size_t begin = 0; begin < count; begin += kBlock) {
        const T* p = values + begin * step;
        Partial block_sum = 0;
        Partial block_square = 0;
        for (std::size_t i = 0; i < std::min(kBlock, count - begin); ++i) {
            const T value = p[i * step];
            const auto shifted = static_cast<Partial>(value - std::numeric_limits<T>::min());
            block_sum += shifted;
            block_square += shifted * shifted;
            low = std::min(low, value);
            high = std::max(high, value);
        }
        sum += block_sum;
        square += block_square;
    }
    return {sum, square, 0, static_cast<double>(low), static_cast<double>(high), 0, 0};
}

Channel byte_sums(const std::uint8_t* values, std::size_t count, std::size_t channels) {
    switch (channels) {
    case 1:
        return integer_sums<std::uint8_t, std::uint32_t>(values, count, std::integral_constant<std::size_t, 1>());
    case 3:
        return integer_sums<std::uint8_t, std::uint32_t>(values, count, std::integral_constant<std::size_t, 3>());
    default:
        return integer_sums<std::uint8_t, std::uint32_t>(values, count, channels);
    }
}

double value_of(const std::uint8_t* at, Element element) {
    switch (element) {
    case Element::f64:
        return load<double>(at);
    case Element::f32:
        return load<float>(at);
    case Element::bf16:
        return float_of_bf16(load<std::uint16_t>(at));
    default:
        return float_of_half(load<std::uint16_t>(at));
    }
}

/// Two passes: the mean first, then deviations from it.
Channel float_sums(const std::uint8_t* values, std::size_t count, std::size_t step, Element element) {
    Channel channel;
    channel.min = std::numeric_limits<double>::infinity();
    channel.max = -channel.min;
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double value = value_of(values + i * step, element);
        if (!std::isfinite(value)) {
            throw DataError("holds values that are NaN or infinite");
        }
        sum += value;
        channel.min = std::min(channel.min, value);
        channel.max = std::max(channel.max, value);
    }
    const auto all = static_cast<double>(count);
    channel.mean = sum / all;
    for (std::size_t i = 0; !std::isfinite(sum) && i < count; ++i) { // beyond double: the mean is not
        channel.mean = (i == 0 ? 0 : channel.mean) + value_of(values + i * step, element) / all;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const double off = value_of(values + i * step, element) - channel.mean;
        channel.deviation += off * off;
    }
    return channel;
}

Channel sums_of(const std::uint8_t* values, std::size_t count, std::size_t channels, Element element) {
    switch (element) {
    case Element::u8:
        return byte_sums(values, count, channels);
    case Element::u16:
        return integer_sums<std::uint16_t, std::uint64_t>(reinterpret_cast<const std::uint16_t*>(values), // NOLINT
                                                          count, channels);
    case Element::i16:
        return integer_sums<std::int16_t, std::uint64_t>(reinterpret_cast<const std::int16_t*>(values), // NOLINT
                                                         count, channels);
    default:
        return float_sums(values, count, channels * element_bytes(element), element);
    }
}

/// Adds `part`, of `more` pixels, to `channel`, of `have` pixels.
void merge(Channel& channel, std::uint64_t have, const Channel& part, std::uint64_t more) {
    channel.sum += part.sum;
    set_square(channel, square_of(channel) + square_of(part));
    channel.min = have == 0 ? part.min : std::min(channel.min, part.min);
    channel.max = have == 0 ? part.max : std::max(channel.max, part.max);
    if (have == 0) {
        channel.mean = part.mean;
        channel.deviation = part.deviation;
        return;
    }
    const double all = static_cast<double>(have) + static_cast<double>(more);
    const double share = static_cast<double>(more) / all;
    const double apart = part.mean - channel.mean;
    channel.mean = std::isfinite(apart) ? channel.mean + apart * share
                                        : channel.mean * (static_cast<double>(have) / all) + part.mean * share;
    channel.deviation += part.deviation + apart * apart * (static_cast<double>(have) * static_cast<double>(more) / all);
}

} // namespace

PixelSums::PixelSums(int channels, Element element)
    : element_(element), channels_(static_cast<std::size_t>(channels)) {}

PixelSums::PixelSums(Element element, std::uint64_t pixels, std::vector<Channel> channels)
    : element_(element), pixels_(pixels), channels_(std::move(channels)) {}

void PixelSums::add(const std::uint8_t* values, augment::ImageShape shape) {
    if (static_cast<std::size_t>(shape.channels) != channels_.size()) {
        throw std::logic_error("PixelSums: channel count differs");
    }
    PixelSums image(shape.channels, element_);
    image.pixels_ = shape.bytes() / channels_.size();
    for (std::size_t c = 0; image.pixels_ > 0 && c < channels_.size(); ++c) {
        image.channels_[c] = sums_of(values + c * element_bytes(element_), image.pixels_, channels_.size(), element_);
    }
    add(image);
}

void PixelSums::add(const PixelSums& other) {
    if (other.pixels_ == 0) {
        return;
    }
    for (std::size_t c = 0; c < channels_.size(); ++c) {
        merge(channels_[c], pixels_, other.channels_[c], other.pixels_);
    }
    pixels_ += other.pixels_;
}

std::vector<double> PixelSums::mean() const {
    std::vector<double> out;
    for (std::size_t c = 0; pixels_ > 0 && c < channels_.size(); ++c) {
        const double average = static_cast<double>(channels_[c].sum) / static_cast<double>(pixels_);
        out.push_back(is_integer(element_) ? (average + lowest_value(element_)) / full_scale(element_)
                                           : channels_[c].mean);
    }
    return out;
}

std::vector<double> PixelSums::std() const {
    std::vector<double> out;
    const auto count = static_cast<double>(pixels_);
    for (std::size_t c = 0; pixels_ > 0 && c < channels_.size(); ++c) {
        const Channel& channel = channels_[c];
        if (!is_integer(element_)) {
            out.push_back(std::sqrt(channel.deviation / count));
            continue;
        }
        const double scale = full_scale(element_);
        const double average = static_cast<double>(channel.sum) / count / scale;
        const double square = static_cast<double>(square_of(channel)) / count / (scale * scale);
        out.push_back(std::sqrt(std::max(0.0, square - average * average)));
    }
    return out;
}

double PixelSums::lowest() const {
    if (pixels_ == 0) {
        throw std::logic_error("PixelSums: nothing was added");
    }
    const auto less = [](const Channel& a, const Channel& b) { return a.min < b.min; };
    return std::min_element(channels_.begin(), channels_.end(), less)->min;
}

double PixelSums::highest() const {
    if (pixels_ == 0) {
        throw std::logic_error("PixelSums: nothing was added");
    }
    const auto less = [](const Channel& a, const Channel& b) { return a.max < b.max; };
    return std::max_element(channels_.begin(), channels_.end(), less)->max;
}

} // namespace tacit::shards
