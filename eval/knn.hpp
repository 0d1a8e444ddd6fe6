// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/eval_config.hpp"
#include "eval/features.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tacit::eval {

/// The nearest rows of a bank to some queries, nearest first.
struct Nearest {
    at::Tensor similarity; ///< [Q, k] cosine
    at::Tensor index;      ///< [Q, k] int64 row in the bank
};

/// Cosine neighbours of `queries` [Q, D] among `bank` [N, D], k <= N; computed in chunks, on this rank alone.
Nearest nearest(const at::Tensor& queries, const at::Tensor& bank, std::int64_t k);

/// Class votes [Q, classes]: each neighbour adds exp(similarity / temperature) to its label's
/// (Wu et al. 2018, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination").
at::Tensor weighted_votes(const Nearest& nearest, const at::Tensor& bank_labels, std::int64_t classes,
                          double temperature);

/// Collective: accuracy on `test`, whose rows the ranks share. Unlabelled rows are left out. Throws DataError when a
/// split has no labels and ConfigError when k exceeds the labelled training images.
double knn_accuracy(const Features& train, const Features& test, const KnnOptions& options, dist::Communicator& comm);

} // namespace tacit::eval
