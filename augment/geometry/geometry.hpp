// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

namespace tacit::augment {

/// What lies outside the image when a window reaches over its border.
enum class Border { zero, reflect };

/// Index of the pixel that `index` mirrors to in a line of `length` pixels: 0 and length - 1 are the
/// axes, as often as needed. length >= 1.
int reflected(int index, int length);

/// Copies the window whose top left corner is (top, left) and whose shape is that of `out`; the window
/// may reach over the border of `source`.
void copy_window(ImageView source, int top, int left, Border border, MutableImageView out);

/// Where a centred window of `window` pixels begins on a side of `side` pixels (negative if it is longer),
/// with torchvision's rounding of odd margins.
int central_offset(int side, int window);

} // namespace tacit::augment
