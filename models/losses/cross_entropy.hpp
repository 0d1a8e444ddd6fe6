// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::models {

/// Cross-entropy of logits [N, K] against labels [N] int64 in [0, K), through log-softmax in at least fp32: the sum
/// over this rank's rows divided by `global_count` rows over all ranks.
at::Tensor cross_entropy_share(const at::Tensor& logits, const at::Tensor& labels, std::int64_t global_count);

/// Rows whose largest logit is at the label, divided by `global_count`: a scalar without gradient.
at::Tensor accuracy_share(const at::Tensor& logits, const at::Tensor& labels, std::int64_t global_count);

} // namespace tacit::models
