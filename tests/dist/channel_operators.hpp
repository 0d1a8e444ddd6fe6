// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/norm/channel_passes.hpp"

#include <utility>

namespace tacit::dist {

/// The passes of dist/norm/channel_passes.hpp by ATen operators, which spell the formulas out.
namespace by_operators {

ChannelMoments channel_moments(const at::Tensor& x);
at::Tensor channel_affine(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale, const at::Tensor& shift,
                          const Epilogue& then = {});
std::pair<at::Tensor, at::Tensor> channel_gradient_sums(const at::Tensor& dy, const at::Tensor& x,
                                                        const at::Tensor& mean, const at::Tensor& y = {});
at::Tensor channel_input_gradient(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& mean,
                                  const at::Tensor& a, const at::Tensor& k, const at::Tensor& b,
                                  const at::Tensor& y = {}, const at::Tensor& of_residual = {});

} // namespace by_operators

} // namespace tacit::dist
