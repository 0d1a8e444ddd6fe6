// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

namespace tacit::dist {

// Differentiable collectives, of float32 or float64 (std::invalid_argument otherwise). Collective in forward and in
// every backward, gradients of gradients included; `comm` must outlive the graph. A loss that is written as this rank's
// share of a global sum or mean has the gradient of that sum once parameter gradients are summed over ranks; there is
// no factor of the world size anywhere.

/// [n, …] on each rank, equal n -> [size * n, …] in rank order. Its backward is a reduce-scatter (sum).
at::Tensor all_gather_with_gradient(const at::Tensor& tensor, Communicator& comm);

/// The element-wise sum over ranks, on each rank. Its backward is the sum over ranks of the gradients.
at::Tensor all_reduce_sum_with_gradient(const at::Tensor& tensor, Communicator& comm);

} // namespace tacit::dist
