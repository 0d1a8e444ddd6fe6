// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

namespace tacit::models {

/// The mean and the standard deviation by which views are normalised, for what needs pixels as they were. Buffers, so
/// that a checkpoint has them; 0 and 1 until set() is called.
class PixelScaleImpl : public torch::nn::Module {
  public:
    explicit PixelScaleImpl(std::int64_t channels);
    /// One entry a channel each.
    void set(const std::vector<double>& mean, const std::vector<double>& std);
    /// [N, C, H, W] normalised -> pixels, 0 black and 1 white; clamped to that.
    at::Tensor pixels(const at::Tensor& views) const;
    /// Its inverse.
    at::Tensor views(const at::Tensor& pixels) const;

  private:
    at::Tensor mean_, std_; ///< [1, C, 1, 1]
};
TORCH_MODULE(PixelScale);

} // namespace tacit::models
