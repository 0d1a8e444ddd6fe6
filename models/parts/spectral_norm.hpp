// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/module.h>

namespace tacit::models {

/// Spectral normalisation (Miyato et al. 2018) of a weight, as a matrix of its first dimension by all others: divided
/// by its largest singular value, which is estimated by power iteration. The left singular vector is a buffer; it
/// follows from weights alone, so that ranks agree on it.
class SpectralNormImpl : public torch::nn::Module {
  public:
    /// For weights of this shape and, to start with, these values.
    explicit SpectralNormImpl(const at::Tensor& weight);
    /// weight / sigma, differentiable, where sigma = u^T W v after one iteration from what is kept, u and v being
    /// constants. Changes nothing.
    at::Tensor divided(const at::Tensor& weight) const;
    /// Once a step, after it: keeps u of one iteration.
    void iterate(const at::Tensor& weight);

  private:
    at::Tensor u_; ///< [rows], of length 1
};
TORCH_MODULE(SpectralNorm);

} // namespace tacit::models
