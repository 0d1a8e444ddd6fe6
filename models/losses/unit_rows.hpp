// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/losses/precision.hpp"

#include <torch/nn/functional/normalization.h>

namespace tacit::models {

/// Each row of [N, d] divided by its Euclidean norm, which counts as 1e-12 at least; in at least fp32, differentiable.
inline at::Tensor unit_rows(const at::Tensor& rows) {
    const FullPrecisionScope scope;
    return torch::nn::functional::normalize(full_precision(rows), torch::nn::functional::NormalizeFuncOptions().dim(1));
}

} // namespace tacit::models
