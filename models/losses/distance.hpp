// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::models {

enum class Distance {
    euclidean,         ///< |a - b|, with sqrt(max(d^2, 1e-12)) so that the gradient at 0 is finite
    squared_euclidean, ///< |a - b|^2
    cosine             ///< 1 - cos(a, b), in [0, 2]
};

/// Distance of each row of `a` to the same row of `b`, [n, d] each -> [n], differentiable, in at least fp32.
at::Tensor row_distances(const at::Tensor& a, const at::Tensor& b, Distance distance);

/// Distance of each row of `a` [n, d] to each row of `b` [m, d] -> [n, m], differentiable, in fp64: squares are
/// differences of products here, and the choice of a neighbour must not hang on how these were rounded.
at::Tensor pair_distances(const at::Tensor& a, const at::Tensor& b, Distance distance);

} // namespace tacit::models
