// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "models/losses/distance.hpp"

namespace tacit::models {

/// This rank's share of the contrastive loss of pairs, and what it says about the embeddings.
struct PairsShare {
    at::Tensor loss;   ///< scalar
    at::Tensor active; ///< scalar, share of the negative pairs that are nearer than the margin
    at::Tensor spread; ///< scalar, share of spread_of() the second views
};

/// Contrastive loss of pairs (Hadsell, Chopra & LeCun 2006, eq. 4) over the global batch of N images: the N pairs of
/// two views of one image attract by d^2 / 2, the N (N - 1) pairs of a first view and the second view of another image
/// repel by max(0, margin - d)^2 / 2; each kind is averaged over its pairs, so that the many negatives weigh as much as
/// the positives. All embeddings in one point: margin^2 / 2.
///
/// `first`, `second`: [n, d] embeddings of the two views of this rank's n images, equal n on all ranks, n * ranks >= 2.
/// Distances in fp64. Collective in forward and backward.
PairsShare contrastive_pairs_share(const at::Tensor& first, const at::Tensor& second, Distance distance, double margin,
                                   dist::Communicator& comm);

} // namespace tacit::models
