// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/parts/norm.hpp"

#include <torch/types.h>

#include <numeric>

namespace tacit::models {

NormKind norm_kind(const std::string& name) {
    return name == "none" ? NormKind::none : name == "group" ? NormKind::group : NormKind::batch;
}

std::int64_t norm_groups(std::int64_t channels) {
    constexpr std::int64_t kGroups = 32;
    return std::gcd(kGroups, channels);
}

Norm::Norm(NormKind kind, std::int64_t channels, dist::Communicator& comm) {
    if (kind == NormKind::batch) {
        batch_ = dist::BatchNorm(channels, comm);
    } else if (kind == NormKind::group) {
        group_ = torch::nn::GroupNorm(torch::nn::GroupNormOptions(norm_groups(channels), channels));
    }
}

at::Tensor Norm::operator()(const at::Tensor& input) {
    if (!batch_.is_empty()) {
        return batch_(input);
    }
    return group_.is_empty() ? input : group_(input);
}

at::Tensor Norm::relu(const at::Tensor& input, const at::Tensor& residual) {
    if (!batch_.is_empty()) {
        return batch_->forward_relu(input, residual);
    }
    at::Tensor output = group_.is_empty() ? input : group_(input);
    if (residual.defined()) {
        output = output.add_(residual);
    }
    return output.relu_();
}

std::shared_ptr<torch::nn::Module> Norm::module() const {
    if (!batch_.is_empty()) {
        return batch_.ptr();
    }
    return group_.is_empty() ? nullptr : std::static_pointer_cast<torch::nn::Module>(group_.ptr());
}

} // namespace tacit::models
