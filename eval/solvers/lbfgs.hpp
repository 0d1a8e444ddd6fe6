// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace tacit::eval {

/// Value of a smooth convex function at `x`, whose gradient it writes into `gradient`; both flat float64.
using Objective = std::function<double(const at::Tensor& x, at::Tensor& gradient)>;
/// Product of an approximate inverse Hessian (symmetric, positive definite) with a flat float64 vector.
using Preconditioner = std::function<at::Tensor(const at::Tensor& vector)>;

struct LbfgsOptions {
    int iterations = 100;
    int history = 10;
    double tolerance = 1e-5; ///< ends when an iteration lowers the value by less than this share of it
};

/// Minimises from `x`, in place; returns the value reached. L-BFGS two-loop recursion (Nocedal & Wright 2006,
/// algorithm 7.4) with the preconditioner, scaled by the latest curvature, as initial inverse Hessian, and
/// backtracking to sufficient decrease (c = 1e-4).
double minimise(const Objective& objective, const Preconditioner& precondition, at::Tensor& x,
                const LbfgsOptions& options);

} // namespace tacit::eval
