// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tacit::models {

// Colour as classes (Zhang et al. 2016, "Colorful Image Colorization", section 2).

/// Targets over few of many classes.
struct SoftClasses {
    at::Tensor classes; ///< [P, K] int64, the nearest first
    at::Tensor shares;  ///< [P, K], at least 0, of sum 1
};

/// [Q, 2] float64: centres, at multiples of 10 units of a and b, of the bins that some sRGB colour falls into.
at::Tensor gamut_bins();

/// [bins, 1] float64: centres of equal intervals of lightness, [0, 100].
at::Tensor lightness_bins(std::int64_t bins);

/// Points [P, D] as shares of the `count` nearest of `centres` [Q, D], in proportion to exp(-distance^2 / (2 sigma^2)).
SoftClasses soft_classes(const at::Tensor& points, const at::Tensor& centres, std::int64_t count, double sigma);

/// Weights of classes of the probabilities `prior` [Q] (Zhang et al. 2016, eq. 4): in proportion to
/// 1 / ((1 - mix) prior + mix / Q), with sum(prior * weights) = 1. `mix` in (0, 1].
at::Tensor rebalancing_weights(const at::Tensor& prior, double mix);

/// Means [P, D] of `centres` under softmax(logits / temperature) [P, Q] (eq. 5): at 1 the mean, towards 0 the mode.
at::Tensor annealed_mean(const at::Tensor& logits, const at::Tensor& centres, double temperature);

} // namespace tacit::models
