// SPDX-License-Identifier: Apache-2.0
#include "models/losses/sparsity.hpp"

#include "dist/collectives.hpp"
#include "models/losses/precision.hpp"

#include <torch/types.h>

namespace tacit::models {
namespace {

constexpr double kLeastRate = 1e-6;

/// Activations of the global batch.
double activation_count(const at::Tensor& activations, std::int64_t global_count) {
    return static_cast<double>(activations.size(1)) * static_cast<double>(global_count);
}

} // namespace

at::Tensor l1_activation_share(const at::Tensor& activations, std::int64_t global_count) {
    const FullPrecisionScope scope;
    return full_precision(activations).abs().sum() / static_cast<double>(global_count);
}

at::Tensor kl_sparsity_share(const at::Tensor& activations, double rho, std::int64_t global_count,
                             dist::Communicator& comm) {
    const FullPrecisionScope scope;
    const auto own = full_precision(activations).sum(0) / static_cast<double>(global_count);
    const auto rate = dist::all_reduce_sum_with_gradient(own, comm).clamp(kLeastRate, 1 - kLeastRate);
    const auto divergence = rho * (rho / rate).log() + (1 - rho) * ((1 - rho) / (1 - rate)).log();
    return divergence.sum() / comm.size();
}

at::Tensor mean_activation_share(const at::Tensor& activations, std::int64_t global_count) {
    return full_precision(activations.detach()).sum().to(torch::kDouble) / activation_count(activations, global_count);
}

at::Tensor active_share(const at::Tensor& activations, double threshold, std::int64_t global_count) {
    return activations.detach().abs().gt(threshold).sum().to(torch::kDouble) /
           activation_count(activations, global_count);
}

at::Tensor used_units_share(const at::Tensor& activations, double threshold, dist::Communicator& comm) {
    at::Tensor used = activations.detach().abs().amax(0).gt(threshold).to(torch::kDouble);
    comm.all_reduce_max(used);
    return used.mean() / comm.size();
}

} // namespace tacit::models
