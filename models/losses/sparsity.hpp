// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tacit::models {

// Of activations [N, D] of N images of this rank. Shares, in at least fp32.

/// Sum over units of the absolute activation, averaged over the global batch.
at::Tensor l1_activation_share(const at::Tensor& activations, std::int64_t global_count);

/// Sum over units of KL(rho || r), rho ln(rho / r) + (1 - rho) ln((1 - rho) / (1 - r)), where r is the unit's mean
/// activation over the *global* batch, kept in [1e-6, 1 - 1e-6] (Ng 2011, CS294A, section 3). Activations in (0, 1).
/// Collective.
at::Tensor kl_sparsity_share(const at::Tensor& activations, double rho, std::int64_t global_count,
                             dist::Communicator& comm);

/// Share of the mean over images and units. Without gradient.
at::Tensor mean_activation_share(const at::Tensor& activations, std::int64_t global_count);

/// Share of the part of activations whose magnitude exceeds `threshold`. Without gradient.
at::Tensor active_share(const at::Tensor& activations, double threshold, std::int64_t global_count);

/// Share of the part of units whose activation's magnitude exceeds `threshold` for some image of the global batch.
/// Collective, without gradient.
at::Tensor used_units_share(const at::Tensor& activations, double threshold, dist::Communicator& comm);

} // namespace tacit::models
