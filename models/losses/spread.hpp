// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::models {

/// std(rows) * sqrt(d), averaged over dimensions, of unit vectors [N, d]: about 1 when they spread evenly over the
/// sphere, 0 when all are the same (collapse). A float64 scalar without gradient.
at::Tensor spread_of(const at::Tensor& rows);

} // namespace tacit::models
