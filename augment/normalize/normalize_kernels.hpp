// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/normalize/normalize.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tacit::augment {

/// Interleaved RGB to three planes of x * scale + shift.
template <class Out> struct NormalizeRgb {
    const std::uint8_t* in;
    std::size_t pixels;
    std::array<float, 3> scale;
    std::array<float, 3> shift;
    std::array<Out*, 3> planes;
};

void normalize_rgb_avx512(const NormalizeRgb<float>& work);
void normalize_rgb_avx512(const NormalizeRgb<BFloat16>& work);

} // namespace tacit::augment
