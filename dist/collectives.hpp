// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

namespace tacit::dist {

/// Differentiable all-gather: [n, …] on each rank -> [size * n, …] in rank order. Backward is a
/// reduce-scatter SUM, so a loss written as this rank's share of a global mean has the gradient of the
/// global mean once parameter gradients are summed over ranks; no factor of the world size anywhere.
/// Collective in forward and backward. `comm` must outlive the graph.
at::Tensor all_gather_with_gradient(const at::Tensor& tensor, Communicator& comm);

} // namespace tacit::dist
