// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/features/features.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace tacit::eval {

/// Linear probe: multinomial logistic regression on frozen features.
struct LinearOptions {
    /// L2 strengths tried, lambda of mean cross-entropy + lambda / 2 * |W|^2 on standardised features.
    std::vector<double> l2 = {1e-2, 1e-3, 1e-4, 1e-5};
    double holdout = 0.1;    ///< share of the training split, stratified, on which the strength is chosen
    int iterations = 24;     ///< L-BFGS iterations at most, per fit
    double tolerance = 1e-4; ///< a fit ends when an iteration lowers the loss by less than this share of it
    std::uint64_t seed = 1;
};

/// A linear classifier of standardised features: logits = ((x - mean) * inverse_std) W + b.
struct LinearClassifier {
    at::Tensor mean;        ///< [D]
    at::Tensor inverse_std; ///< [D], 0 for a constant feature
    at::Tensor weight;      ///< [D, K]
    at::Tensor bias;        ///< [K]
    /// [N, D] -> [N, K]
    at::Tensor logits(const at::Tensor& features) const;
};

/// What linear_probe() found.
struct LinearProbeResult {
    LinearClassifier classifier;
    double l2 = 0;               ///< chosen strength
    double holdout_accuracy = 0; ///< on what the strength was chosen on, at that strength; NaN: nothing was held out
    double train_loss = 0;       ///< objective of the final fit on the whole training split; 0 but on rank 0
    double test_accuracy = 0;
    double test_loss = 0; ///< mean cross-entropy
};

/// Collective: minimises mean cross-entropy + l2 / 2 * |W|^2 over the rows of `features` (the bias is free) by
/// L-BFGS (Liu & Nocedal 1989) preconditioned with a sampled Hessian. Features are standardised by their own mean and
/// standard deviation. Each rank computes its rows' share of loss and gradient.
LinearClassifier fit_logistic(const Features& features, std::int64_t classes, double l2, const LinearOptions& options,
                              dist::Communicator& comm);

/// Told of every iteration of fit 0, 1, … (a strength each, then the final one), from 1 in each.
using OnIteration = std::function<void(std::int64_t fit, std::int64_t iteration)>;

/// Collective: chooses the L2 strength on `val`, or where that is nullptr on a held-out, stratified share of `train`;
/// fits it on all of `train`, and reports `test` once. Unlabelled rows are left out. Throws DataError when a split has
/// no labels.
LinearProbeResult linear_probe(const Features& train, const Features& test, const LinearOptions& options,
                               dist::Communicator& comm, const Features* val = nullptr,
                               const OnIteration& on_iteration = {});

} // namespace tacit::eval
