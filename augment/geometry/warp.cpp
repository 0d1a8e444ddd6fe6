// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/warp.hpp"

#include "augment/geometry/warp_kernels.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <type_traits>

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
template <class Number> inline std::array<Number, 4> weights_of(std::int64_t x, std::int64_t y) {
    const auto right = static_cast<int>(x >> kWeightShift & (kWhole - 1));
    const auto down = static_cast<int>(y >> kWeightShift & (kWhole - 1));
    const int last = (right * down + kWhole / 2) >> kWeightBits;
    return {static_cast<Number>(kWhole - right - down + last), static_cast<Number>(right - last),
            static_cast<Number>(down - last), static_cast<Number>(last)};
}

/// What the weighted pixels of a point come to, being kWhole times as much as a pixel.
inline std::uint8_t to_value(int sum) {
    return static_cast<std::uint8_t>((sum + kWhole / 2) >> kWeightBits);
}
inline float to_value(float sum) {
    return sum * (1.0F / kWhole);
}

/// The same mixed with the value `fill` where only `inside` parts of kWhole were pixels.
std::uint8_t mixed(int sum, int inside, std::uint8_t fill) {
    const std::int64_t level = std::int64_t{sum} * inside + std::int64_t{fill} * (kWhole - inside) * kWhole;
    return static_cast<std::uint8_t>((level + std::int64_t{kWhole / 2} * kWhole) >> 2 * kWeightBits);
}
float mixed(float sum, int inside, float fill) {
    const float share = static_cast<float>(inside) * (1.0F / kWhole);
    return to_value(sum) * share + fill * (1.0F - share);
}

/// What every channel is where there is no image.
template <class T> using Fill = std::array<T, kMaxChannels>;

/// What weights times a pixel are.
template <class T> using Sum = decltype(T{} * 0);

/// kChannels is the channel count known at compile time, or 0.
template <class T, int kChannels> TACIT_KERNEL void blend(WarpRow<T> row, int begin, int end) {
    const int channels = kChannels > 0 ? kChannels : row.source.shape.channels;
    const std::ptrdiff_t below = std::ptrdiff_t{row.source.shape.width} * channels;
    T* out = row.out + std::ptrdiff_t{begin} * channels;
    std::int64_t x = row.x.at(begin);
    std::int64_t y = row.y.at(begin);
    for (int column = begin; column < end; ++column, x += row.x.step, y += row.y.step, out += channels) {
        const T* first = row.source.data + (y >> kPointBits) * below + (x >> kPointBits) * channels;
        const auto weights = weights_of<Sum<T>>(x, y);
        for (int c = 0; c < channels; ++c) {
            const T* value = first + c;
            out[c] = to_value(value[0] * weights[0] + value[channels] * weights[1] + value[below] * weights[2] +
                              value[below + channels] * weights[3]);
        }
    }
}

/// Pixels of which some of the four that they are made of lie outside.
template <class T> void blend_border(const WarpRow<T>& row, Span span, const Fill<T>& fill) {
    const auto [height, width, channels] = row.source.shape;
    for (int column = span.begin; column < span.end; ++column) {
        const std::int64_t x = row.x.at(column);
        const std::int64_t y = row.y.at(column);
        const std::array<int, 4> weights = weights_of<int>(x, y);
        std::array<Sum<T>, kMaxChannels> sums{};
        int inside = 0;
        for (int tap = 0; tap < 4; ++tap) {
            const std::int64_t tap_x = (x >> kPointBits) + tap % 2;
            const std::int64_t tap_y = (y >> kPointBits) + tap / 2;
            if (tap_x < 0 || tap_x >= width || tap_y < 0 || tap_y >= height) {
                continue;
            }
            const int weight = weights[static_cast<std::size_t>(tap)];
            inside += weight;
            for (int c = 0; c < channels; ++c) {
                sums[static_cast<std::size_t>(c)] +=
                    row.source.data[(tap_y * width + tap_x) * channels + c] * static_cast<Sum<T>>(weight);
            }
        }
        for (int c = 0; c < channels; ++c) {
            const auto i = static_cast<std::size_t>(c);
            row.out[std::ptrdiff_t{column} * channels + c] = mixed(sums[i], inside, fill[i]);
        }
    }
}

template <class T, int kChannels> TACIT_KERNEL void pick(WarpRow<T> row, int begin, int end) {
    const int channels = kChannels > 0 ? kChannels : row.source.shape.channels;
    const std::int64_t width = row.source.shape.width;
    T* out = row.out + std::ptrdiff_t{begin} * channels;
    for (int column = begin; column < end; ++column, out += channels) {
        const std::int64_t pixel = (row.y.at(column) >> kPointBits) * width + (row.x.at(column) >> kPointBits);
        std::copy_n(row.source.data + pixel * channels, channels, out);
    }
}

template <class T, int kChannels> void fill_pixels(const WarpRow<T>& row, Span span, const Fill<T>& fill) {
    const int channels = kChannels > 0 ? kChannels : row.source.shape.channels;
    T* out = row.out + std::ptrdiff_t{span.begin} * channels;
    for (int column = span.begin; column < span.end; ++column, out += channels) {
        std::copy_n(fill.begin(), channels, out);
    }
}

/// The columns of a row where both coordinates are in [low, side - short_by) pixels.
template <class T> Span columns_within(const WarpRow<T>& row, Span span, int low, int short_by) {
    const ImageShape shape = row.source.shape;
    span = within(span, row.x, low * kPixel, (shape.width - short_by) * kPixel);
    return within(span, row.y, low * kPixel, (shape.height - short_by) * kPixel);
}

/// Pixels that are made of pixels inside alone.
template <class T, int kChannels> void inner_pixels(const WarpRow<T>& row, Sampling sampling, Span span) {
    const bool nearest = sampling == Sampling::nearest;
#if TACIT_SIMD_LEVELS
    if constexpr (std::is_same_v<T, std::uint8_t>) {
        if (simd_level() == SimdLevel::avx512 && row.source.shape.channels == 3) {
            span.begin += (nearest ? pick_rgb_avx512 : blend_rgb_avx512)(row, span.begin, span.end);
        }
    }
#endif
    if (nearest) {
        simd<pick<T, kChannels>>(row, span.begin, span.end);
    } else {
        simd<blend<T, kChannels>>(row, span.begin, span.end);
    }
}

template <class T, int kChannels> void make_row(const WarpRow<T>& row, Sampling sampling, const Fill<T>& fill) {
    const bool nearest = sampling == Sampling::nearest;
    const Span all{0, row.source.shape.width};
    const Span touched = columns_within(row, all, nearest ? 0 : -1, 0);
    const Span inside = nearest ? touched : columns_within(row, touched, 0, 1);
    fill_pixels<T, kChannels>(row, {all.begin, touched.begin}, fill);
    blend_border(row, {touched.begin, inside.begin}, fill);
    inner_pixels<T, kChannels>(row, sampling, inside);
    blend_border(row, {inside.end, touched.end}, fill);
    fill_pixels<T, kChannels>(row, {touched.end, all.end}, fill);
}

} // namespace

template <class T>
void warp(BasicImageView<T> source, const Affine& affine, Sampling sampling, std::span<const std::uint8_t> fill,
          BasicMutableImageView<T> out) {
    const InverseMap map = inverse_map(affine, source.shape);
    Fill<T> values{};
    std::transform(fill.begin(), fill.end(), values.begin(), from_level<T>);
    const int channels = source.shape.channels;
    const auto make = channels == 3 ? make_row<T, 3> : channels == 1 ? make_row<T, 1> : make_row<T, 0>;
    // What is cut off to the right of a coordinate's last bit that counts is rounded, not lost.
    const std::int64_t rounding = sampling == Sampling::nearest ? kPixel / 2 : kPixel / kWhole / 2;
    const std::ptrdiff_t row_values = std::ptrdiff_t{source.shape.width} * channels;
    for (int y = 0; y < source.shape.height; ++y) {
        const WarpRow<T> row{source,
                             {to_fixed(map.xy * y + map.x0) + rounding, to_fixed(map.xx)},
                             {to_fixed(map.yy * y + map.y0) + rounding, to_fixed(map.yx)},
                             out.data + y * row_values};
        make(row, sampling, values);
    }
}

template void warp(ImageView, const Affine&, Sampling, std::span<const std::uint8_t>, MutableImageView);
template void warp(FloatImageView, const Affine&, Sampling, std::span<const std::uint8_t>, MutableFloatImageView);

} // namespace tacit::augment
