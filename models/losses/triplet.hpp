// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "models/losses/distance.hpp"

namespace tacit::models {

enum class Negatives {
    /// Schroff et al. 2015 (FaceNet), sec. 3.2: the closest negative that is farther than the positive; where there is
    /// none, the farthest negative.
    semi_hard,
    /// The closest negative of all. Early in training it draws all embeddings to one point (Schroff et al. 2015, sec.
    /// 3.2); for networks that have learned already.
    hard,
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
    at::Tensor spread; ///< scalar, share of spread_of() the positives
};

/// Triplet loss max(0, d(anchor, positive) - d(anchor, negative) + margin), averaged over the global batch. The
/// negative of an anchor is the positive of another sample, of any rank. `anchors`, `positives`: [n, d] embeddings of
/// two views of this rank's n samples, equal n on all ranks, n * ranks >= 2. Collective in forward and backward.
TripletShare triplet_share(const at::Tensor& anchors, const at::Tensor& positives, const TripletOptions& options,
                           dist::Communicator& comm);

} // namespace tacit::models
