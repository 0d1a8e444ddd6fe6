// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::models {

/// Shares of pixel losses. All take [N, …] on this rank, are computed in at least fp32 and divide by `global_count`
/// samples over all ranks, so that shares add up to the mean over the global batch.

/// Mean squared error per element.
at::Tensor mse_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count);

/// Mean absolute error per element.
at::Tensor l1_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count);

/// Smooth L1 per element (Girshick 2015, "Fast R-CNN", eq. 3): d^2 / 2 up to an error |d| of 1, |d| - 1/2 beyond.
at::Tensor smooth_l1_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count);

/// Binary cross-entropy per element of logits against targets in [0, 1], in the form max(x, 0) - x t + ln(1 + e^-|x|)
/// that does not overflow.
at::Tensor bce_share(const at::Tensor& logits, const at::Tensor& target, std::int64_t global_count);

/// Squared error weighted per pixel: per sample sum(w (o - t)^2) / (C sum(w)), then the mean over samples. `weights` is
/// [N, 1, H, W], at least 0; a sample whose weights are all 0 counts as 0.
at::Tensor weighted_mse_share(const at::Tensor& output, const at::Tensor& target, const at::Tensor& weights,
                              std::int64_t global_count);

} // namespace tacit::models
