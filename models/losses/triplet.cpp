// SPDX-License-Identifier: Apache-2.0
#include "models/losses/triplet.hpp"

#include "dist/collectives.hpp"
#include "models/losses/precision.hpp"
#include "models/losses/unit_rows.hpp"

#include <torch/types.h>

#include <limits>

namespace tacit::models {
namespace {

constexpr double kSmallestSquare = 1e-12;

/// [n, d], [m, d] -> [n, m] in fp64: the choice of a negative must not hang on how a product was rounded.
at::Tensor all_distances(const at::Tensor& anchors, const at::Tensor& candidates, Distance distance) {
    const auto a = anchors.detach().to(torch::kDouble);
    const auto b = candidates.detach().to(torch::kDouble);
    if (distance == Distance::cosine) {
        return 1 - torch::mm(unit_rows(a), unit_rows(b).t());
    }
    const auto squares = a.square().sum(1, true) + b.square().sum(1).unsqueeze(0) - 2 * torch::mm(a, b.t());
    return squares.clamp_min(kSmallestSquare).sqrt();
}

/// Index of each anchor's negative among the gathered positives; `own` is the index of its positive.
at::Tensor semi_hard_negatives(const at::Tensor& anchors, const at::Tensor& positives, const at::Tensor& own,
                               Distance distance) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto distances = all_distances(anchors, positives, distance);
    const auto column = own.unsqueeze(1);
    const auto to_positive = distances.gather(1, column);
    const auto farther = distances.masked_fill(distances <= to_positive, kInfinity).scatter(1, column, kInfinity);
    const auto [closest, closest_index] = farther.min(1);
    const auto farthest_index = distances.scatter(1, column, -kInfinity).argmax(1);
    return torch::where(closest.isinf(), farthest_index, closest_index);
}

} // namespace

at::Tensor row_distances(const at::Tensor& a, const at::Tensor& b, Distance distance) {
    const FullPrecisionScope scope;
    const auto left = full_precision(a);
    const auto right = full_precision(b);
    if (distance == Distance::cosine) {
        return 1 - (unit_rows(left) * unit_rows(right)).sum(1);
    }
    return (left - right).square().sum(1).clamp_min(kSmallestSquare).sqrt();
}

TripletShare triplet_share(const at::Tensor& anchors, const at::Tensor& positives, const TripletOptions& options,
                           dist::Communicator& comm) {
    const FullPrecisionScope scope;
    const auto own_positives = full_precision(positives);
    const auto candidates = dist::all_gather_with_gradient(own_positives.contiguous(), comm);
    const auto total = candidates.size(0);
    const auto own = torch::arange(anchors.size(0), torch::TensorOptions(torch::kLong).device(anchors.device())) +
                     comm.rank() * anchors.size(0);
    const auto negative = options.negatives == Negatives::semi_hard
                              ? semi_hard_negatives(anchors, candidates, own, options.distance)
                              : (own + 1).remainder(total);
    const auto terms =
        torch::relu(row_distances(anchors, own_positives, options.distance) -
                    row_distances(anchors, candidates.index_select(0, negative), options.distance) + options.margin);
    return {terms.sum() / static_cast<double>(total),
            (terms.detach() > 0).sum().to(torch::kDouble) / static_cast<double>(total)};
}

} // namespace tacit::models
