// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/features/features.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tacit::eval {

/// k nearest neighbours with votes weighted by exp(similarity / temperature) (Wu et al. 2018).
struct KnnOptions {
    int k = 20;
    double temperature = 0.07;
};

/// Throws ConfigError where more neighbours vote than there are labelled training images.
void require_neighbours(const KnnOptions& options, std::int64_t images);

/// The nearest rows of a bank to some queries, nearest first.
struct Nearest {
    at::Tensor similarity; ///< [Q, k] cosine
    at::Tensor index;      ///< [Q, k] int64 row in the bank
};

/// Cosine neighbours of `queries` [Q, D] among `bank` [N, D], k <= N; computed in chunks, on this rank alone.
Nearest nearest(const at::Tensor& queries, const at::Tensor& bank, std::int64_t k);

/// Collective: the same where every rank holds some rows of the bank [n, D] and queries of its own. Indices are those
/// of all rows; k at most their number.
Nearest nearest_of_all(const at::Tensor& queries, const at::Tensor& bank, std::int64_t k, dist::Communicator& comm);

/// Class votes [Q, classes]: each neighbour adds exp(similarity / temperature) to its label's
/// (Wu et al. 2018, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination").
at::Tensor weighted_votes(const Nearest& nearest, const at::Tensor& bank_labels, std::int64_t classes,
                          double temperature);

/// Collective: accuracy on `test`. Unlabelled rows are left out. Throws DataError when a
/// split has no labels, and as require_neighbours() does.
double knn_accuracy(const Features& train, const Features& test, const KnnOptions& options, dist::Communicator& comm);

} // namespace tacit::eval
