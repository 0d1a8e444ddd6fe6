// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <ATen/core/Tensor.h>
#include <vector>

namespace tacit::dist {

/// Gradients of x, weight and bias of a batch normalisation over ranks, by operators that autograd records, float64,
/// for gradients of gradients. The statistics are functions of the input of every rank and are computed anew as such.
/// Collective. `count`: values a channel over all ranks, float64 without dimension.
std::vector<at::Tensor> differentiable_backward(const at::Tensor& x, const at::Tensor& weight,
                                                const at::Tensor& gradient, const at::Tensor& count, double eps,
                                                Communicator& comm);

} // namespace tacit::dist
