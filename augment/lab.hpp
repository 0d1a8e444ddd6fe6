// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/color.hpp"

namespace tacit::augment {

/// Replaces sRGB by CIE L*a*b* of D65 (skimage.color.rgb2lab) in OpenCV's 8-bit encoding: L * 255 / 100, a + 128 and
/// b + 128, rounded.
void to_lab(RgbPlanes planes);

} // namespace tacit::augment
