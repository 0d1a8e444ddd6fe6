// SPDX-License-Identifier: Apache-2.0
#include "augment/color/color.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <cmath>

namespace tacit::augment {
namespace {

inline std::uint8_t mapped(const std::array<std::int16_t, 3>& row, int offset, int bits, int red, int green, int blue) {
    const int sum = (row[0] * red + row[1] * green + row[2] * blue + offset) >> bits;
    return static_cast<std::uint8_t>(std::clamp(sum, 0, 255));
}

TACIT_KERNEL void map_planes(std::uint8_t* __restrict red, std::uint8_t* __restrict green,
                             std::uint8_t* __restrict blue, std::size_t pixels, const FixedColorMap* map) {
    const auto [to_red, to_green, to_blue] = map->matrix;
    const auto [more_red, more_green, more_blue] = map->offset;
    const int bits = map->bits;
    for (std::size_t i = 0; i < pixels; ++i) {
        const int r = red[i];
        const int g = green[i];
        const int b = blue[i];
        red[i] = mapped(to_red, more_red, bits, r, g, b);
        green[i] = mapped(to_green, more_green, bits, r, g, b);
        blue[i] = mapped(to_blue, more_blue, bits, r, g, b);
    }
}

void map_pixels(const std::uint8_t* in, std::uint8_t* out, std::size_t pixels, const FixedColorMap& map) {
    for (std::size_t i = 0; i < pixels; ++i, in += 3, out += 3) {
        const int red = in[0];
        const int green = in[1];
        const int blue = in[2];
        for (std::size_t c = 0; c < 3; ++c) {
            out[c] = mapped(map.matrix[c], map.offset[c], map.bits, red, green, blue);
        }
    }
}

TACIT_KERNEL void add_channels(const std::uint8_t* pixels, std::size_t count, std::uint64_t* sums) {
    std::uint32_t red = 0;
    std::uint32_t green = 0;
    std::uint32_t blue = 0;
    for (std::size_t i = 0; i < count; ++i) {
        red += pixels[3 * i];
        green += pixels[3 * i + 1];
        blue += pixels[3 * i + 2];
    }
    sums[0] += red;
    sums[1] += green;
    sums[2] += blue;
}

#if TACIT_SIMD_LEVELS
/// The sums of whole groups of 64 pixels, whose bytes repeat their channels every three vectors.
TACIT_TARGET_AVX512 void add_channels_avx512(const std::uint8_t* pixels, std::size_t groups, std::uint64_t* sums) {
    constexpr __mmask64 kEveryThirdFrom[3] = {0x9249249249249249, 0x2492492492492492, 0x4924924924924924};
    __m512i ones[3][3]; // of a channel in a vector
    __m512i sum[3];
    for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t v = 0; v < 3; ++v) {
            ones[c][v] = _mm512_maskz_mov_epi8(kEveryThirdFrom[(c + 3 - v) % 3], _mm512_set1_epi8(1));
        }
        sum[c] = _mm512_setzero_si512();
    }
    for (std::size_t i = 0; i < groups; ++i) {
        for (std::size_t v = 0; v < 3; ++v) {
            const __m512i levels = _mm512_loadu_si512(pixels + 192 * i + 64 * v);
            for (std::size_t c = 0; c < 3; ++c) {
                sum[c] = _mm512_dpbusd_epi32(sum[c], levels, ones[c][v]);
            }
        }
    }
    for (std::size_t c = 0; c < 3; ++c) {
        sums[c] += static_cast<std::uint32_t>(_mm512_reduce_add_epi32(sum[c]));
    }
}
#endif

#if TACIT_SIMD_LEVELS
/// Where bytes go when sixteen pixels become words, and back.
struct PixelBytes {
    alignas(64) std::uint8_t red_green[64] = {};
    alignas(64) std::uint8_t blue[64] = {};
    alignas(64) std::uint8_t interleaved[64] = {};

    constexpr PixelBytes() {
        for (std::size_t pixel = 0; pixel < 16; ++pixel) {
            red_green[4 * pixel] = static_cast<std::uint8_t>(3 * pixel);
            red_green[4 * pixel + 2] = static_cast<std::uint8_t>(3 * pixel + 1);
            blue[4 * pixel] = static_cast<std::uint8_t>(3 * pixel + 2);
            for (std::size_t c = 0; c < 3; ++c) { // packing leaves four pixels of each channel in a lane of 128 bits
                interleaved[3 * pixel + c] = static_cast<std::uint8_t>(16 * (pixel / 4) + 4 * c + pixel % 4);
            }
        }
    }
};
constexpr PixelBytes kPixelBytes;

/// Sixteen pixels at a time, each in 32 bits: a dot product takes red and green, the next one blue.
TACIT_TARGET_AVX512 void map_pixels_avx512(const std::uint8_t* in, std::uint8_t* out, std::size_t pixels,
                                           const FixedColorMap& map) {
    const __m512i to_red_green = _mm512_load_si512(kPixelBytes.red_green);
    const __m512i to_blue = _mm512_load_si512(kPixelBytes.blue);
    const __m512i to_interleaved = _mm512_load_si512(kPixelBytes.interleaved);
    const __m128i shift = _mm_cvtsi32_si128(map.bits);
    __m512i weights[3][2];
    __m512i offset[3];
    for (std::size_t c = 0; c < 3; ++c) {
        const auto& row = map.matrix[c];
        weights[c][0] = _mm512_set1_epi32((row[0] & 0xFFFF) | row[1] * 0x10000);
        weights[c][1] = _mm512_set1_epi32(row[2] & 0xFFFF);
        offset[c] = _mm512_set1_epi32(map.offset[c]);
    }
    for (std::size_t i = 0; i < pixels; i += 16) {
        const __mmask64 valid = (__mmask64{1} << 3 * std::min<std::size_t>(16, pixels - i)) - 1;
        const __m512i source = _mm512_maskz_loadu_epi8(valid, in + 3 * i);
        const __m512i words[2] = {_mm512_maskz_permutexvar_epi8(0x5555555555555555, to_red_green, source),
                                  _mm512_maskz_permutexvar_epi8(0x1111111111111111, to_blue, source)};
        __m512i sum[3];
        for (int c = 0; c < 3; ++c) {
            sum[c] = _mm512_dpwssd_epi32(offset[c], words[0], weights[c][0]);
            sum[c] = _mm512_sra_epi32(_mm512_dpwssd_epi32(sum[c], words[1], weights[c][1]), shift);
        }
        const __m512i red_and_green = _mm512_packs_epi32(sum[0], sum[1]);
        const __m512i blue_alone = _mm512_packs_epi32(sum[2], sum[2]);
        const __m512i packed = _mm512_packus_epi16(red_and_green, blue_alone);
        _mm512_mask_storeu_epi8(out + 3 * i, valid, _mm512_permutexvar_epi8(to_interleaved, packed));
    }
}
#endif

} // namespace

FixedColorMap::FixedColorMap(const ColorMap& map) {
    constexpr float kMost = 32767.0F;
    float largest = 0.0F;
    for (const auto& row : map.matrix) {
        for (const float coefficient : row) {
            largest = std::max(largest, std::abs(coefficient));
        }
    }
    while (bits > 0 && largest * static_cast<float>(1 << bits) > kMost) {
        --bits;
    }
    const float scale = std::min(static_cast<float>(1 << bits), kMost / largest);
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            matrix[i][j] = static_cast<std::int16_t>(std::lround(map.matrix[i][j] * scale));
        }
        offset[i] = static_cast<std::int32_t>(std::lround(std::clamp(map.offset[i] * scale, -0x1p29F, 0x1p29F)));
    }
}

std::array<std::uint64_t, 3> sum_channels(const std::uint8_t* interleaved, std::size_t pixels) {
    constexpr std::size_t kMost = 1 << 16; // pixels that 32-bit sums take
    std::array<std::uint64_t, 3> sums{};
    for (std::size_t first = 0; first < pixels; first += kMost) {
        const std::uint8_t* start = interleaved + 3 * first;
        const std::size_t count = std::min(kMost, pixels - first);
        std::size_t done = 0;
#if TACIT_SIMD_LEVELS
        if (simd_level() == SimdLevel::avx512) {
            add_channels_avx512(start, count / 64, sums.data());
            done = count / 64 * 64;
        }
#endif
        simd<add_channels>(start + 3 * done, count - done, sums.data());
    }
    return sums;
}

void apply_map(RgbPlanes planes, const FixedColorMap& map) {
    simd<map_planes>(planes.red, planes.green, planes.blue, planes.pixels, &map);
}

void apply_map(const std::uint8_t* in, std::uint8_t* out, std::size_t pixels, const FixedColorMap& map) {
#if TACIT_SIMD_LEVELS
    if (simd_level() == SimdLevel::avx512) {
        map_pixels_avx512(in, out, pixels, map);
        return;
    }
#endif
    map_pixels(in, out, pixels, map);
}

} // namespace tacit::augment
