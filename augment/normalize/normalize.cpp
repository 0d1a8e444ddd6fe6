// SPDX-License-Identifier: Apache-2.0
#include "augment/normalize/normalize.hpp"

#include "augment/normalize/normalize_kernels.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <stdexcept>
#include <type_traits>

namespace tacit::augment {
namespace {

/// So many pixels make whole vectors, whatever the number of channels.
constexpr std::size_t kBlock = 16;

TACIT_KERNEL void put(float value, float* to) {
    *to = value;
}

TACIT_KERNEL void put(float value, BFloat16* to) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    to->bits = static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1U)) >> 16);
}

/// `scale` and `shift` repeat every `block` values.
template <class In, class Out>
TACIT_KERNEL void interleaved(const In* in, std::size_t count, std::size_t block, const float* scale,
                              const float* shift, Out* out) {
    for (std::size_t first = 0; first < count; first += block) {
        const std::size_t values = std::min(block, count - first);
        for (std::size_t i = 0; i < values; ++i) {
            put(static_cast<float>(in[first + i]) * scale[i] + shift[i], out + first + i);
        }
    }
}

/// One channel of `channels` that lie interleaved.
template <class In, class Out>
TACIT_KERNEL void plane(const In* in, std::size_t pixels, std::size_t channels, float scale, float shift, Out* out) {
    for (std::size_t i = 0; i < pixels; ++i) {
        put(static_cast<float>(in[i * channels]) * scale + shift, out + i);
    }
}

/// All three at once, because the compiler has instructions for three.
template <class Out> TACIT_KERNEL void rgb_planes(const NormalizeRgb<Out>* work) {
    const NormalizeRgb<Out> local = *work;
    for (std::size_t i = 0; i < local.pixels; ++i) {
        for (std::size_t c = 0; c < 3; ++c) {
            put(static_cast<float>(local.in[3 * i + c]) * local.scale[c] + local.shift[c], local.planes[c] + i);
        }
    }
}

template <class Out> void normalize_rgb(const NormalizeRgb<Out>& work) {
#if TACIT_SIMD_LEVELS
    if (simd_level() == SimdLevel::avx512) {
        return normalize_rgb_avx512(work);
    }
#endif
    simd<rgb_planes<Out>>(&work);
}

} // namespace

Normalize::Normalize(const std::vector<double>& mean, const std::vector<double>& std)
    : channels_(static_cast<int>(mean.size())) {
    if (mean.size() != std.size() || mean.empty() || mean.size() > static_cast<std::size_t>(kMaxChannels)) {
        throw std::logic_error(fmt::format("Normalize: {} means and {} standard deviations", mean.size(), std.size()));
    }
    for (std::size_t i = 0; i < kBlock * mean.size(); ++i) {
        const std::size_t c = i % mean.size();
        level_scale_.push_back(static_cast<float>(1.0 / (255.0 * std[c])));
        float_scale_.push_back(static_cast<float>(1.0 / std[c]));
        shift_.push_back(static_cast<float>(-mean[c] / std[c]));
    }
}

template <class In, class Out>
void Normalize::run_as(BasicImageView<In> image, const std::vector<float>& scale, PixelLayout layout, Out* out) const {
    if (image.shape.channels != channels_) {
        throw std::logic_error(
            fmt::format("Normalize: an image of {} channels, means of {}", image.shape.channels, channels_));
    }
    const auto channels = static_cast<std::size_t>(channels_);
    const std::size_t values = image.shape.values();
    const std::size_t pixels = values / channels;
    if (layout == PixelLayout::interleaved || channels == 1) {
        return simd<interleaved<In, Out>>(image.data, values, scale.size(), scale.data(), shift_.data(), out);
    }
    if constexpr (std::is_same_v<In, std::uint8_t>) {
        if (channels == 3) {
            return normalize_rgb(NormalizeRgb<Out>{image.data,
                                                   pixels,
                                                   {scale[0], scale[1], scale[2]},
                                                   {shift_[0], shift_[1], shift_[2]},
                                                   {out, out + pixels, out + 2 * pixels}});
        }
    }
    for (std::size_t c = 0; c < channels; ++c) {
        simd<plane<In, Out>>(image.data + c, pixels, channels, scale[c], shift_[c], out + c * pixels);
    }
}

void Normalize::run(ImageView image, PixelLayout layout, float* out) const {
    run_as(image, level_scale_, layout, out);
}

void Normalize::run(ImageView image, PixelLayout layout, BFloat16* out) const {
    run_as(image, level_scale_, layout, out);
}

void Normalize::run(FloatImageView image, PixelLayout layout, float* out) const {
    run_as(image, float_scale_, layout, out);
}

} // namespace tacit::augment
