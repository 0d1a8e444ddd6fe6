// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <ATen/core/Tensor.h>

namespace tacit::dist {

/// Statistics of the global batch on a GPU, float32 (float64 of float64 inputs), the same bits on all ranks.
struct DeviceMoments {
    at::Tensor mean;   ///< [C]
    at::Tensor invstd; ///< [C], of the biased variance with eps
    at::Tensor counts; ///< [ranks], values a channel
};

/// Collective: one all-gather; never waits for the device. `x`: [N, C, …], dense; N may be 0 on some ranks.
DeviceMoments device_moments(const at::Tensor& x, double eps, Communicator& comm);

/// [C] float64.
at::Tensor unbiased_variance(const DeviceMoments& moments, double eps);

/// (x - mean) * invstd * weight + bias. Its backward is collective, one all-reduce, and accounts for the dependence of
/// the moments on the input of every rank. `comm` must outlive the graph.
at::Tensor normalize_on_device(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                               const DeviceMoments& moments, double eps, Communicator& comm);

} // namespace tacit::dist
