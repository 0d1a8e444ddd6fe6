// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::models {

/// Smooth L1 (Girshick 2015, "Fast R-CNN", eq. 3) per element of d = output - target: d^2 / 2 up to |d| = 1, |d| - 1/2
/// beyond. The sum over this rank's elements divided by those of `global_count` samples over all ranks, in at least
/// fp32. [N, …] both.
at::Tensor smooth_l1_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count);

} // namespace tacit::models
