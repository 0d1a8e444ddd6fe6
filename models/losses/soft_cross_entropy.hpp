// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/parts/color_bins.hpp"

namespace tacit::models {

/// Cross-entropy of logits [P, Q] against shares of few classes, through log-softmax in at least fp32: sum over rows of
/// weight[nearest class] * -sum_k share_k log softmax(logits)_k, divided by `global_rows` rows over all ranks.
/// `weights` [Q]; undefined: 1 (Zhang et al. 2016, eq. 2 and 3).
at::Tensor soft_cross_entropy_share(const at::Tensor& logits, const SoftClasses& targets, const at::Tensor& weights,
                                    std::int64_t global_rows);

} // namespace tacit::models
