// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::models {

// The squared Frobenius norm of the Jacobian of a code by its image (Rifai et al. 2011), of each of N images: [N], with
// a gradient. In at least fp32.

/// Of a layer of sigmoids, code = sigmoid(weight x + bias): sum over j of (h_j (1 - h_j))^2 sum over i of weight_ji^2.
/// `code` [N, D], `weight` [D, I].
at::Tensor sigmoid_contraction(const at::Tensor& code, const at::Tensor& weight);

/// |J^T v|^2 for a direction v of each image, whose expectation over v of mean 0 and covariance I is that norm
/// (Hutchinson 1990). `code` [N, …] was computed of `images` [N, …], which require a gradient, each of its own image
/// alone; `directions` as code.
at::Tensor projected_contraction(const at::Tensor& code, const at::Tensor& images, const at::Tensor& directions);

/// The norm itself, by a backward pass for each dimension of the code.
at::Tensor exact_contraction(const at::Tensor& code, const at::Tensor& images);

} // namespace tacit::models
