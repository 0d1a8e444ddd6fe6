// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/color/color.hpp"
#include "augment/color/color_step.hpp"
#include "augment/image.hpp"

namespace tacit::augment {

/// Replaces sRGB by CIE L*a*b* of D65 (skimage.color.rgb2lab) in OpenCV's 8-bit encoding: L * 255 / 100, a + 128 and
/// b + 128, rounded.
void to_lab(RgbPlanes planes, Lab lab);

/// The same of floats: not rounded, 255 being 1; three channels, each clamped to [0, 1] before.
void to_lab(MutableFloatImageView image, Lab lab);

} // namespace tacit::augment
