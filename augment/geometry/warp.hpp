// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstdint>
#include <span>

namespace tacit::augment {

/// What becomes of an image about its centre, in torchvision's terms: sheared, scaled, turned and moved, in this order.
struct Affine {
    double degrees = 0.0;     ///< clockwise
    double translate_x = 0.0; ///< pixels to the right
    double translate_y = 0.0; ///< pixels down
    double scale = 1.0;       ///< above 0
    double shear_x = 0.0;     ///< degrees by which what was vertical leans, less than 90
    double shear_y = 0.0;     ///< degrees by which what was horizontal leans, less than 90
};

/// How a level between pixels is found.
enum class Sampling { nearest, bilinear };

/// Writes what `affine` makes of `source` to `out`, of the same shape and apart in memory: torchvision's affine() with
/// pixels weighted in steps of 2^-14. Where the image does not reach, channels have the levels of `fill`, one for each;
/// a pixel that lies partly outside is black for that part, and then mixed with `fill` by the same part, as there.
/// T: uint8, float.
template <class T>
void warp(BasicImageView<T> source, const Affine& affine, Sampling sampling, std::span<const std::uint8_t> fill,
          BasicMutableImageView<T> out);

} // namespace tacit::augment
