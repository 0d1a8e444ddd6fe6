// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tacit::models {

// Of a diagonal Gaussian posterior N(mean, exp(log_variance)) of a variational autoencoder (Kingma & Welling 2014);
// both are [N, D]. Computed in at least fp32.

/// Log-variances are kept in [-10, 10], which no exponential overflows at.
at::Tensor clamped_log_variance(const at::Tensor& log_variance);

/// mean + exp(log_variance / 2) * noise: a draw with a gradient (the reparameterisation).
at::Tensor reparameterised(const at::Tensor& mean, const at::Tensor& log_variance, const at::Tensor& noise);

/// KL(N(mean, exp(log_variance)) || N(0, 1)) of each dimension, [N, D], in nats:
/// (mean^2 + exp(log_variance) - 1 - log_variance) / 2.
at::Tensor normal_kl(const at::Tensor& mean, const at::Tensor& log_variance);

/// Share of the KL divergence that is optimised, from that of each dimension `kl` [N, D]: summed over dimensions,
/// averaged over the global batch; with `free_bits` > 0 (nats) each dimension's average counts as at least that many,
/// so that it has no gradient below (Kingma et al. 2016, eq. 15, with groups of one dimension). Then it is collective.
at::Tensor kl_share(const at::Tensor& kl, double free_bits, std::int64_t global_count, dist::Communicator& comm);

/// Share of the number of active units: dimensions whose posterior mean varies over the global batch by a variance of
/// more than 0.01 (Burda et al. 2016, section 5.1). Collective; float64, without gradient. Ranks hold equally many
/// rows.
at::Tensor active_units_share(const at::Tensor& mean, dist::Communicator& comm);

} // namespace tacit::models
