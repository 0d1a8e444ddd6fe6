// SPDX-License-Identifier: Apache-2.0
#include "augment/warp.hpp"

#include "augment/simd.hpp"
#include "augment/warp_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>

namespace tacit::augment {
namespace {

constexpr std::int64_t kPixel = std::int64_t{1} << kPointBits;

/// x = xx column + xy row + x0 and likewise y: where an output pixel comes from, in pixels of the source.
struct InverseMap {
    double xx, xy, x0;
    double yx, yy, y0;
};

/// torchvision's _get_inverse_affine_matrix() about the centre, for pixels counted from 0.
InverseMap inverse_map(const Affine& affine, ImageShape shape) {
    const auto radians = [](double degrees) { return degrees * std::numbers::pi / 180.0; };
    const double angle = radians(affine.degrees);
    const double shear_y = radians(affine.shear_y);
    const double tangent = std::tan(radians(affine.shear_x));
    const double a = std::cos(angle - shear_y) / std::cos(shear_y);
    const double b = -(a * tangent + std::sin(angle));
    const double c = std::sin(angle - shear_y) / std::cos(shear_y);
    const double d = std::cos(angle) - c * tangent;
    InverseMap map{d / affine.scale, -b / affine.scale, 0.0, -c / affine.scale, a / affine.scale, 0.0};
    const double centre_x = 0.5 * (shape.width - 1);
    const double centre_y = 0.5 * (shape.height - 1);
    const double left = centre_x + affine.translate_x;
    const double top = centre_y + affine.translate_y;
    map.x0 = centre_x - map.xx * left - map.xy * top;
    map.y0 = centre_y - map.yx * left - map.yy * top;
    return map;
}

std::int64_t to_fixed(double pixels) {
    constexpr double kFarthest = 0x1p29; // beyond every image, and far from overflow
    return std::llround(std::clamp(pixels, -kFarthest, kFarthest) * static_cast<double>(kPixel));
}

/// Columns [begin, end) of an output row.
struct Span {
    int begin;
    int end;
};

std::int64_t divided_up(std::int64_t a, std::int64_t b) {
    return a / b + (a % b > 0 ? 1 : 0);
}

/// The columns of `span` where `track` is in [low, high).
Span within(Span span, Track track, std::int64_t low, std::int64_t high) {
    if (track.step == 0) {
        return track.start >= low && track.start < high ? span : Span{span.begin, span.begin};
    }
    if (track.step < 0) {
        track = {-track.start, -track.step};
        std::swap(low, high);
        low = 1 - low;
        high = 1 - high;
    }
    const auto column = [&](std::int64_t bound) {
        const std::int64_t first = divided_up(bound - track.start, track.step);
        return static_cast<int>(std::clamp<std::int64_t>(first, span.begin, span.end));
    };
    return {column(low), column(high)};
}

/// What the four pixels about a point weigh; together kWhole.
struct Weights {
    Weights(std::int64_t x, std::int64_t y) {
        const auto right = static_cast<int>(x >> kWeightShift & (kWhole - 1));
        const auto down = static_cast<int>(y >> kWeightShift & (kWhole - 1));
        of[3] = (right * down + kWhole / 2) >> kWeightBits;
        of[2] = down - of[3];
        of[1] = right - of[3];
        of[0] = kWhole - right - of[2];
    }
    std::array<int, 4> of;
};

/// kChannels is the channel count known at compile time, or 0.
template <int kChannels> TACIT_KERNEL void blend(WarpRow row, int begin, int end) {
    const int channels = kChannels > 0 ? kChannels : row.source.shape.channels;
    const std::ptrdiff_t below = std::ptrdiff_t{row.source.shape.width} * channels;
    const std::uint8_t* source = row.source.data;
    std::uint8_t* out = row.out + std::ptrdiff_t{begin} * channels;
    std::int64_t x = row.x.at(begin);
    std::int64_t y = row.y.at(begin);
    for (int column = begin; column < end; ++column, x += row.x.step, y += row.y.step, out += channels) {
        const std::uint8_t* first = source + (y >> kPointBits) * below + (x >> kPointBits) * channels;
        const auto [w0, w1, w2, w3] = Weights(x, y).of;
        for (int c = 0; c < channels; ++c) {
            const std::uint8_t* level = first + c;
            const int sum = level[0] * w0 + level[channels] * w1 + level[below] * w2 + level[below + channels] * w3;
            out[c] = static_cast<std::uint8_t>((sum + kWhole / 2) >> kWeightBits);
        }
    }
}

/// Pixels of which some of the four that they are made of lie outside.
void blend_border(const WarpRow& row, Span span, std::span<const std::uint8_t> fill) {
    const auto [height, width, channels] = row.source.shape;
    for (int column = span.begin; column < span.end; ++column) {
        const std::int64_t x = row.x.at(column);
        const std::int64_t y = row.y.at(column);
        const std::array<int, 4> weights = Weights(x, y).of;
        std::array<std::int64_t, kMaxChannels> sums{};
        std::int64_t inside = 0;
        for (int tap = 0; tap < 4; ++tap) {
            const std::int64_t tap_x = (x >> kPointBits) + tap % 2;
            const std::int64_t tap_y = (y >> kPointBits) + tap / 2;
            if (tap_x < 0 || tap_x >= width || tap_y < 0 || tap_y >= height) {
                continue;
            }
            const int weight = weights[static_cast<std::size_t>(tap)];
            inside += weight;
            for (int c = 0; c < channels; ++c) {
                sums[static_cast<std::size_t>(c)] += row.source.data[(tap_y * width + tap_x) * channels + c] * weight;
            }
        }
        for (int c = 0; c < channels; ++c) {
            const auto i = static_cast<std::size_t>(c);
            const std::int64_t level = sums[i] * inside + fill[i] * (kWhole - inside) * kWhole;
            row.out[std::ptrdiff_t{column} * channels + c] =
                static_cast<std::uint8_t>((level + kWhole / 2 * kWhole) >> 2 * kWeightBits);
        }
    }
}

template <int kChannels> TACIT_KERNEL void pick(WarpRow row, int begin, int end) {
    const int channels = kChannels > 0 ? kChannels : row.source.shape.channels;
    const std::int64_t width = row.source.shape.width;
    std::uint8_t* out = row.out + std::ptrdiff_t{begin} * channels;
    for (int column = begin; column < end; ++column, out += channels) {
        const std::int64_t pixel = (row.y.at(column) >> kPointBits) * width + (row.x.at(column) >> kPointBits);
        std::memcpy(out, row.source.data + pixel * channels, static_cast<std::size_t>(channels));
    }
}

void fill_pixels(const WarpRow& row, Span span, std::span<const std::uint8_t> fill) {
    std::uint8_t* out = row.out + static_cast<std::ptrdiff_t>(span.begin) * row.source.shape.channels;
    for (int column = span.begin; column < span.end; ++column) {
        out = std::copy(fill.begin(), fill.end(), out);
    }
}

/// The columns of a row where both coordinates are in [low, side - short_by) pixels.
Span columns_within(const WarpRow& row, Span span, int low, int short_by) {
    const auto [height, width, channels] = row.source.shape;
    span = within(span, row.x, low * kPixel, (width - short_by) * kPixel);
    return within(span, row.y, low * kPixel, (height - short_by) * kPixel);
}

void blend_inside(const WarpRow& row, Span span) {
#if TACIT_SIMD_LEVELS
    if (simd_level() == SimdLevel::avx512 && row.source.shape.channels == 3) {
        span.begin += blend_rgb_avx512(row, span.begin, span.end);
    }
#endif
    switch (row.source.shape.channels) {
    case 1:
        return simd<blend<1>>(row, span.begin, span.end);
    case 3:
        return simd<blend<3>>(row, span.begin, span.end);
    default:
        return simd<blend<0>>(row, span.begin, span.end);
    }
}

void pick_inside(const WarpRow& row, Span span) {
#if TACIT_SIMD_LEVELS
    if (simd_level() == SimdLevel::avx512 && row.source.shape.channels == 3) {
        span.begin += pick_rgb_avx512(row, span.begin, span.end);
    }
#endif
    switch (row.source.shape.channels) {
    case 1:
        return simd<pick<1>>(row, span.begin, span.end);
    case 3:
        return simd<pick<3>>(row, span.begin, span.end);
    default:
        return simd<pick<0>>(row, span.begin, span.end);
    }
}

void nearest_row(const WarpRow& row, Span all, std::span<const std::uint8_t> fill) {
    const Span inside = columns_within(row, all, 0, 0);
    fill_pixels(row, {all.begin, inside.begin}, fill);
    pick_inside(row, inside);
    fill_pixels(row, {inside.end, all.end}, fill);
}

void bilinear_row(const WarpRow& row, Span all, std::span<const std::uint8_t> fill) {
    const Span touched = columns_within(row, all, -1, 0);
    const Span inside = columns_within(row, touched, 0, 1);
    fill_pixels(row, {all.begin, touched.begin}, fill);
    blend_border(row, {touched.begin, inside.begin}, fill);
    blend_inside(row, inside);
    blend_border(row, {inside.end, touched.end}, fill);
    fill_pixels(row, {touched.end, all.end}, fill);
}

} // namespace

void warp(ImageView source, const Affine& affine, Sampling sampling, std::span<const std::uint8_t> fill,
          MutableImageView out) {
    const InverseMap map = inverse_map(affine, source.shape);
    // What is cut off to the right of a coordinate's last bit that counts is rounded, not lost.
    const std::int64_t rounding = sampling == Sampling::nearest ? kPixel / 2 : kPixel / kWhole / 2;
    const std::ptrdiff_t row_bytes = std::ptrdiff_t{source.shape.width} * source.shape.channels;
    for (int y = 0; y < source.shape.height; ++y) {
        const WarpRow row{source,
                          {to_fixed(map.xy * y + map.x0) + rounding, to_fixed(map.xx)},
                          {to_fixed(map.yy * y + map.y0) + rounding, to_fixed(map.yx)},
                          out.data + y * row_bytes};
        const auto make = sampling == Sampling::nearest ? nearest_row : bilinear_row;
        make(row, {0, source.shape.width}, fill.first(static_cast<std::size_t>(source.shape.channels)));
    }
}

} // namespace tacit::augment
