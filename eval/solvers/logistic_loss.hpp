// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/solvers/lbfgs.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tacit::eval {

/// Mean cross-entropy + l2 / 2 * |W|^2 of multinomial logistic regression over the rows of all ranks. Parameters are
/// a flat float64 [K * (D + 1)]: for each class its D weights, then its bias, which is not regularised.
class LogisticLoss {
  public:
    /// `x` [n, D] float32 and `y` [n] int64 are this rank's rows of `rows` in all.
    LogisticLoss(at::Tensor x, at::Tensor y, std::int64_t rows, std::int64_t classes, double l2,
                 dist::Communicator& comm);

    /// Collective: the loss; its gradient goes into `gradient`.
    double operator()(const at::Tensor& parameters, at::Tensor& gradient) const;

  private:
    at::Tensor local_sums(const at::Tensor& weight, const at::Tensor& bias) const;
    void add_chunk(std::int64_t begin, const at::Tensor& weight, const at::Tensor& bias, at::Tensor& sums) const;

    at::Tensor x_;
    at::Tensor y_;
    std::int64_t rows_;
    std::int64_t classes_;
    double l2_;
    dist::Communicator* comm_;
};

/// Collective: the Gram matrix X'X / rows over the rows of all ranks, [D, D] float64; undefined beyond 4096 features,
/// where it would cost more than it saves. `x` [n, D] are this rank's rows.
at::Tensor gram_matrix(const at::Tensor& x, std::int64_t rows, dist::Communicator& comm);

/// The inverse of the Hessian's bound, one half of the Gram matrix for each class (Böhning 1992), plus `l2`; for an
/// undefined `gram` that of the identity, which standardised features have on the diagonal.
Preconditioner hessian_bound(const at::Tensor& gram, std::int64_t classes, double l2);

} // namespace tacit::eval
