// SPDX-License-Identifier: Apache-2.0
#include "models/losses/triplet.hpp"

#include "dist/collectives.hpp"
#include "models/losses/precision.hpp"
#include "models/losses/spread.hpp"
#include "models/losses/unit_rows.hpp"

#include <torch/types.h>

#include <limits>

namespace tacit::models {
namespace {

/// Index of each anchor's negative among the gathered positives; `own` is the index of its positive. Of
/// options.negatives hard or semi_hard.
at::Tensor mined_negatives(const at::Tensor& anchors, const at::Tensor& positives, const at::Tensor& own,
                           const TripletOptions& options) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto distances = pair_distances(anchors.detach(), positives.detach(), options.distance);
    const auto column = own.unsqueeze(1);
    if (options.negatives == Negatives::hard) {
        return distances.scatter(1, column, kInfinity).argmin(1);
    }
    const auto to_positive = distances.gather(1, column);
    const auto farther = distances.masked_fill(distances <= to_positive, kInfinity).scatter(1, column, kInfinity);
    const auto [closest, closest_index] = farther.min(1);
    const auto farthest_index = distances.scatter(1, column, -kInfinity).argmax(1);
    return torch::where(closest.isinf(), farthest_index, closest_index);
}

} // namespace

TripletShare triplet_share(const at::Tensor& anchors, const at::Tensor& positives, const TripletOptions& options,
                           dist::Communicator& comm) {
    const FullPrecisionScope scope;
    const auto own_positives = full_precision(positives);
    const auto candidates = dist::all_gather_with_gradient(own_positives.contiguous(), comm);
    const auto total = candidates.size(0);
    const auto own = torch::arange(anchors.size(0), torch::TensorOptions(torch::kLong).device(anchors.device())) +
                     comm.rank() * anchors.size(0);
    const auto negative = options.negatives == Negatives::random ? (own + 1).remainder(total)
                                                                 : mined_negatives(anchors, candidates, own, options);
    const auto terms =
        torch::relu(row_distances(anchors, own_positives, options.distance) -
                    row_distances(anchors, candidates.index_select(0, negative), options.distance) + options.margin);
    return {terms.sum() / static_cast<double>(total),
            (terms.detach() > 0).sum().to(torch::kDouble) / static_cast<double>(total),
            spread_of(unit_rows(candidates.detach())) / comm.size()};
}

} // namespace tacit::models
