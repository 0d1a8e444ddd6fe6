// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace tacit::models {

/// The half of a pretext that turns images into codes and codes into images: what reconstructing, interpolating and
/// sampling stand on. All are called in eval mode without gradient (EvalMode), and draw nothing.
class CodeModel {
  public:
    virtual ~CodeModel() = default;
    /// [N, C, H, W] images, normalised like the views -> codes [N, …]; of a variational autoencoder the posterior's
    /// mean.
    virtual at::Tensor encode(const at::Tensor& images) = 0;
    /// Codes [N, …] -> [N, C, H, W] images, normalised like the views, after the output's non-linearity.
    virtual at::Tensor decode(const at::Tensor& codes) = 0;
    /// Sizes of a code, without N.
    virtual std::vector<std::int64_t> code_sizes() const = 0;
    /// Whether codes are trained to be standard normal, so that such draws decode to images like the data's.
    virtual bool has_prior() const { return false; }
};

} // namespace tacit::models
