// SPDX-License-Identifier: Apache-2.0
#include "augment/color/level_table.hpp"

#include "augment/simd.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tacit::augment {
namespace {

/// table[x] = own * x + others, clamped and truncated. PyTorch's add with alpha is one fused multiply-add.
TACIT_KERNEL void blend_levels(std::uint8_t* table, float own, float mean, float others) {
    for (int level = 0; level < 256; ++level) {
        const int blended = static_cast<int>(__builtin_fmaf(mean, others, static_cast<float>(level) * own));
        table[level] = static_cast<std::uint8_t>(std::clamp(blended, 0, 255));
    }
}

LevelTable blended(double own, float mean, double others) {
    LevelTable table;
    simd<blend_levels>(table.data(), static_cast<float>(own), mean, static_cast<float>(others));
    return table;
}

template <class Function> LevelTable tabulated(Function level_of) {
    LevelTable table;
    for (int level = 0; level < 256; ++level) {
        table[static_cast<std::size_t>(level)] = static_cast<std::uint8_t>(level_of(level));
    }
    return table;
}

void look_up(const std::uint8_t* in, std::uint8_t* out, std::size_t count, const std::uint8_t* table) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = table[in[i]];
    }
}

#if TACIT_SIMD_LEVELS
TACIT_TARGET_AVX512 void look_up_avx512(const std::uint8_t* in, std::uint8_t* out, std::size_t count,
                                        const std::uint8_t* table) {
    const __m512i quarter0 = _mm512_loadu_si512(table);
    const __m512i quarter1 = _mm512_loadu_si512(table + 64);
    const __m512i quarter2 = _mm512_loadu_si512(table + 128);
    const __m512i quarter3 = _mm512_loadu_si512(table + 192);
    for (std::size_t i = 0; i < count; i += 64) {
        const __mmask64 valid = count - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (count - i)) - 1;
        const __m512i level = _mm512_maskz_loadu_epi8(valid, in + i);
        const __m512i low = _mm512_permutex2var_epi8(quarter0, level, quarter1);
        const __m512i high = _mm512_permutex2var_epi8(quarter2, level, quarter3);
        _mm512_mask_storeu_epi8(out + i, valid, _mm512_mask_blend_epi8(_mm512_movepi8_mask(level), low, high));
    }
}
#endif

} // namespace

LevelTable brightness_levels(double factor) {
    return blended(factor, 0.0F, 0.0);
}

LevelTable contrast_levels(double factor, float mean) {
    return blended(factor, mean, 1.0 - factor);
}

LevelTable gain_offset_levels(double gain, double offset) {
    return blended(gain, 255.0F, offset);
}

LevelTable gamma_levels(double gamma) {
    return tabulated([gamma](int level) {
        constexpr float kLevels = static_cast<float>(255.0 + 1.0 - 1e-3);
        return static_cast<float>(std::pow(static_cast<float>(level) / 255.0F, gamma)) * kLevels;
    });
}

LevelTable solarize_levels(int threshold) {
    return tabulated([threshold](int level) { return level >= threshold ? 255 - level : level; });
}

LevelTable posterize_levels(int bits) {
    const int mask = 0xFF00 >> bits & 0xFF;
    return tabulated([mask](int level) { return level & mask; });
}

LevelTable constant_levels(std::uint8_t level) {
    LevelTable table;
    table.fill(level);
    return table;
}

LevelTable auto_contrast_levels(int lowest, int highest) {
    const bool flat = lowest == highest;
    const float scale = flat ? 1.0F : static_cast<float>(highest - lowest) * static_cast<float>(1.0 / 255.0);
    const int start = flat ? 0 : lowest;
    return tabulated(
        [=](int level) { return std::clamp(static_cast<int>(static_cast<float>(level - start) / scale), 0, 255); });
}

LevelTable equalize_levels(const Histogram& histogram) {
    const auto highest = std::find_if(histogram.rbegin(), histogram.rend(), [](auto count) { return count != 0; });
    const std::uint32_t step =
        highest == histogram.rend() ? 0 : std::accumulate(highest + 1, histogram.rend(), 0U) / 255;
    if (step == 0) {
        return solarize_levels(256);
    }
    std::uint32_t below = step / 2;
    return tabulated([&](int level) {
        const std::uint32_t equalized = std::min(below / step, 255U);
        below += histogram[static_cast<std::size_t>(level)];
        return equalized;
    });
}

void map_levels(const std::uint8_t* in, std::uint8_t* out, std::size_t count, const LevelTable& table) {
#if TACIT_SIMD_LEVELS
    if (simd_level() == SimdLevel::avx512) {
        look_up_avx512(in, out, count, table.data());
        return;
    }
#endif
    look_up(in, out, count, table.data());
}

LevelTable composed(const LevelTable& first, const LevelTable& second) {
    LevelTable both;
    map_levels(first.data(), both.data(), first.size(), second);
    return both;
}

} // namespace tacit::augment
