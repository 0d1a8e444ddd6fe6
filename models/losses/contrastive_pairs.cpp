// SPDX-License-Identifier: Apache-2.0
#include "models/losses/contrastive_pairs.hpp"

#include "dist/collectives.hpp"
#include "models/losses/precision.hpp"
#include "models/losses/spread.hpp"
#include "models/losses/unit_rows.hpp"

#include <torch/types.h>

namespace tacit::models {

PairsShare contrastive_pairs_share(const at::Tensor& first, const at::Tensor& second, Distance distance, double margin,
                                   dist::Communicator& comm) {
    const FullPrecisionScope scope;
    const auto own = full_precision(second);
    const auto candidates = dist::all_gather_with_gradient(own.contiguous(), comm);
    const auto images = static_cast<double>(candidates.size(0));
    const double negatives = images * (images - 1);
    const auto column =
        torch::arange(first.size(0), torch::TensorOptions(torch::kLong).device(first.device())).unsqueeze(1) +
        comm.rank() * first.size(0);
    const auto positive = row_distances(first, own, distance).to(torch::kDouble);
    // Own pairs are no negatives, whatever their distance.
    const auto missing = torch::relu(margin - pair_distances(first, candidates, distance)).scatter(1, column, 0);

    PairsShare share;
    share.loss =
        (positive.square().sum() / (2 * images) + missing.square().sum() / (2 * negatives)).to(own.scalar_type());
    const torch::NoGradGuard no_gradient;
    share.active = (missing > 0).sum().to(torch::kDouble) / negatives;
    share.spread = spread_of(unit_rows(candidates)) / comm.size();
    return share;
}

} // namespace tacit::models
