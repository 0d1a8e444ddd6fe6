// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

namespace tacit::models {

/// This rank's share of the normalised-temperature cross-entropy, and what it says about the projections.
struct NtXentShare {
    at::Tensor loss;     ///< scalar
    at::Tensor accuracy; ///< scalar, share of the anchors whose nearest other projection is their positive
    at::Tensor spread;   ///< scalar, share of std(normalised projections) * sqrt(d): about 1 when spread evenly over
                         ///< the sphere, 0 when all are the same (collapse)
};

/// NT-Xent (Chen et al. 2020, "A Simple Framework for Contrastive Learning", eq. 1) over the global batch of N images:
/// each of the 2N projections has one positive, the other view of its image, and 2N - 2 negatives, all the rest;
/// averaged over the 2N. Cosine similarities, log-softmax in at least fp32. Untrained projections start near ln(2N -
/// 1).
///
/// `first`, `second`: [n, d] projections of the two views of this rank's n images, equal n on all ranks, need not be
/// normalised; n * ranks >= 2. `temperature` > 0. Collective in forward and backward.
NtXentShare nt_xent(const at::Tensor& first, const at::Tensor& second, double temperature, dist::Communicator& comm);

} // namespace tacit::models
