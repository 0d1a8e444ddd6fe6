// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::models {

// Losses of logits [n] of a discriminator, positive for real (Goodfellow et al. 2014), in at least fp32: sums over this
// rank's rows divided by `global_count` rows over all ranks.

/// -log D(real) - log(1 - D(made)): 2 ln 2 where the discriminator knows nothing.
at::Tensor discriminator_share(const at::Tensor& real, const at::Tensor& made, std::int64_t global_count);

/// -log D(made), the form that does not saturate: ln 2 where the discriminator knows nothing.
at::Tensor generator_share(const at::Tensor& made, std::int64_t global_count);

} // namespace tacit::models
