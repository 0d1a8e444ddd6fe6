// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::models {

// sRGB and CIE L*a*b* of D65, as skimage.color has them (IEC 61966-2-1, CIE 15), in at least float32.

/// [N, 3, H, W] sRGB, clamped to [0, 1] -> [N, 3, H, W]: L in [0, 100], a and b in about [-108, 99].
at::Tensor lab_of(const at::Tensor& rgb);

/// Its inverse; colours that sRGB cannot show are clamped to [0, 1].
at::Tensor rgb_of(const at::Tensor& lab);

} // namespace tacit::models
