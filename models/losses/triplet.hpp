// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

namespace tacit::models {

enum class Distance {
    euclidean, ///< |a - b|, with sqrt(max(d^2, 1e-12)) so that the gradient at 0 is finite
    cosine     ///< 1 - cos(a, b), in [0, 2]
};

enum class Negatives {
    /// Schroff et al. 2015 (FaceNet), sec. 3.2: the closest negative that is farther than the positive; where there is
    /// none, the farthest negative.
    semi_hard,
    /// The next sample of the global batch (cyclic): a random one, as the order of samples is.
    random
};

struct TripletOptions {
    Distance distance = Distance::euclidean;
    Negatives negatives = Negatives::semi_hard;
    double margin = 0.5;
};

struct TripletShare {
    at::Tensor loss;   ///< scalar
    at::Tensor active; ///< scalar, share of the anchors with a loss above 0
};

/// Distance of each row of `a` to the same row of `b`, [n, d] each -> [n], differentiable, in at least fp32.
at::Tensor row_distances(const at::Tensor& a, const at::Tensor& b, Distance distance);

/// Triplet loss max(0, d(anchor, positive) - d(anchor, negative) + margin), averaged over the global batch. The
/// negative of an anchor is the positive of another sample, of any rank. `anchors`, `positives`: [n, d] embeddings of
/// two views of this rank's n samples, equal n on all ranks, n * ranks >= 2. Collective in forward and backward.
TripletShare triplet_share(const at::Tensor& anchors, const at::Tensor& positives, const TripletOptions& options,
                           dist::Communicator& comm);

} // namespace tacit::models
