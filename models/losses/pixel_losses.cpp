// SPDX-License-Identifier: Apache-2.0
#include "models/losses/pixel_losses.hpp"

#include "models/losses/precision.hpp"

#include <torch/types.h>

namespace tacit::models {
namespace {

/// Elements of the global batch for a tensor that holds this rank's samples.
double global_elements(const at::Tensor& samples, std::int64_t global_count) {
    const auto per_sample = samples.size(0) == 0 ? 1 : samples.numel() / samples.size(0);
    return static_cast<double>(per_sample) * static_cast<double>(global_count);
}

} // namespace

at::Tensor mse_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count) {
    const FullPrecisionScope scope;
    return torch::mse_loss(full_precision(output), full_precision(target), at::Reduction::Sum) /
           global_elements(target, global_count);
}

at::Tensor l1_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count) {
    const FullPrecisionScope scope;
    return torch::l1_loss(full_precision(output), full_precision(target), at::Reduction::Sum) /
           global_elements(target, global_count);
}

at::Tensor smooth_l1_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count) {
    const FullPrecisionScope scope;
    return torch::smooth_l1_loss(full_precision(output), full_precision(target), at::Reduction::Sum) /
           global_elements(target, global_count);
}

at::Tensor bce_share(const at::Tensor& logits, const at::Tensor& target, std::int64_t global_count) {
    const FullPrecisionScope scope;
    return torch::binary_cross_entropy_with_logits(full_precision(logits), full_precision(target), {}, {},
                                                   at::Reduction::Sum) /
           global_elements(target, global_count);
}

at::Tensor weighted_mse_share(const at::Tensor& output, const at::Tensor& target, const at::Tensor& weights,
                              std::int64_t global_count) {
    const FullPrecisionScope scope;
    const auto error = full_precision(output) - full_precision(target);
    const auto total = weights.sum({1, 2, 3}) * target.size(1);
    const auto per_sample = (error.square() * weights).sum({1, 2, 3}) / total.clamp_min(1e-12);
    return per_sample.sum() / static_cast<double>(global_count);
}

} // namespace tacit::models
