// SPDX-License-Identifier: Apache-2.0
#include "models/losses/gaussian.hpp"

#include "dist/collectives.hpp"
#include "models/losses/precision.hpp"

#include <torch/types.h>

namespace tacit::models {
namespace {

constexpr double kLogVarianceLimit = 10;
constexpr double kActiveVariance = 0.01;

} // namespace

at::Tensor clamped_log_variance(const at::Tensor& log_variance) {
    return full_precision(log_variance).clamp(-kLogVarianceLimit, kLogVarianceLimit);
}

at::Tensor reparameterised(const at::Tensor& mean, const at::Tensor& log_variance, const at::Tensor& noise) {
    const FullPrecisionScope scope;
    const auto location = full_precision(mean);
    return location + (full_precision(log_variance) / 2).exp() * noise.to(location.scalar_type());
}

at::Tensor normal_kl(const at::Tensor& mean, const at::Tensor& log_variance) {
    const FullPrecisionScope scope;
    const auto logarithm = full_precision(log_variance);
    // expm1, because near the prior exp(v) - 1 - v is the small difference of large numbers
    return (full_precision(mean).square() + logarithm.expm1() - logarithm) / 2;
}

at::Tensor kl_share(const at::Tensor& kl, double free_bits, std::int64_t global_count, dist::Communicator& comm) {
    const FullPrecisionScope scope;
    const auto own = full_precision(kl).sum(0) / static_cast<double>(global_count);
    if (free_bits == 0) {
        return own.sum();
    }
    return dist::all_reduce_sum_with_gradient(own, comm).clamp_min(free_bits).sum() / comm.size();
}

at::Tensor active_units_share(const at::Tensor& mean, dist::Communicator& comm) {
    const at::Tensor all = comm.all_gather(full_precision(mean.detach()).to(torch::kDouble).contiguous());
    return all.var(0, /*unbiased=*/false).gt(kActiveVariance).sum().to(torch::kDouble) / comm.size();
}

} // namespace tacit::models
