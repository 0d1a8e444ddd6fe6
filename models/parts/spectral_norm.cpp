// SPDX-License-Identifier: Apache-2.0
#include "models/parts/spectral_norm.hpp"

#include "models/losses/precision.hpp"

#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::models {
namespace {

constexpr double kLeast = 1e-12; // of a length that is divided by (Miyato et al.'s code)
constexpr int kFirstIterations = 15;

at::Tensor unit(const at::Tensor& vector) {
    return vector / vector.norm().clamp_min(kLeast);
}

struct SingularVectors {
    at::Tensor left, right;
};

SingularVectors after_iteration(const at::Tensor& weight, const at::Tensor& left) {
    const auto matrix = weight.detach().flatten(1);
    const auto right = unit(matrix.t().mv(left));
    return {unit(matrix.mv(right)), right};
}

} // namespace

SpectralNormImpl::SpectralNormImpl(const at::Tensor& weight) {
    const torch::NoGradGuard no_gradient;
    u_ = register_buffer("u", unit(torch::randn({weight.size(0)})));
    for (int i = 0; i < kFirstIterations; ++i) {
        iterate(weight);
    }
}

at::Tensor SpectralNormImpl::divided(const at::Tensor& weight) const {
    const FullPrecisionScope scope;
    const auto [left, right] = after_iteration(weight, u_);
    return weight / left.dot(weight.flatten(1).mv(right));
}

void SpectralNormImpl::iterate(const at::Tensor& weight) {
    const torch::NoGradGuard no_gradient;
    u_.copy_(after_iteration(weight, u_).left);
}

} // namespace tacit::models
