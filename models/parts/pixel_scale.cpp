// SPDX-License-Identifier: Apache-2.0
#include "models/parts/pixel_scale.hpp"

#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::models {

PixelScaleImpl::PixelScaleImpl(std::int64_t channels) {
    mean_ = register_buffer("mean", torch::zeros({1, channels, 1, 1}));
    std_ = register_buffer("std", torch::ones({1, channels, 1, 1}));
}

void PixelScaleImpl::set(const std::vector<double>& mean, const std::vector<double>& std) {
    const torch::NoGradGuard no_gradient;
    mean_.copy_(torch::tensor(mean, torch::kDouble).view(mean_.sizes()));
    std_.copy_(torch::tensor(std, torch::kDouble).view(std_.sizes()));
}

at::Tensor PixelScaleImpl::pixels(const at::Tensor& views) const {
    return (views * std_ + mean_).clamp(0, 1);
}

at::Tensor PixelScaleImpl::views(const at::Tensor& pixels) const {
    return (pixels - mean_) / std_;
}

} // namespace tacit::models
