// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tacit::models {

/// Structural similarity (Wang et al. 2004, eq. 13) of images [N, C, H, W] with values in [0, 1] -> [N], in [-1, 1]:
/// in Gaussian windows of sigma 1.5 and `window` x `window` pixels (odd; the paper: 11), K1 = 0.01, K2 = 0.03,
/// averaged over the channels and the places where a window lies within the image. H and W must be at least `window`.
at::Tensor ssim(const at::Tensor& images, const at::Tensor& others, std::int64_t window = 11);

/// Share of the mean of 1 - ssim().
at::Tensor ssim_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count,
                      std::int64_t window = 11);

} // namespace tacit::models
