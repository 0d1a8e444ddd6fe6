// SPDX-License-Identifier: Apache-2.0
#include "models/losses/distance.hpp"

#include "models/losses/precision.hpp"
#include "models/losses/unit_rows.hpp"

#include <torch/types.h>

namespace tacit::models {
namespace {

constexpr double kSmallestSquare = 1e-12;

} // namespace

at::Tensor row_distances(const at::Tensor& a, const at::Tensor& b, Distance distance) {
    const FullPrecisionScope scope;
    const auto left = full_precision(a);
    const auto right = full_precision(b);
    if (distance == Distance::cosine) {
        return 1 - (unit_rows(left) * unit_rows(right)).sum(1);
    }
    const auto squares = (left - right).square().sum(1);
    return distance == Distance::euclidean ? squares.clamp_min(kSmallestSquare).sqrt() : squares;
}

at::Tensor pair_distances(const at::Tensor& a, const at::Tensor& b, Distance distance) {
    const FullPrecisionScope scope;
    const auto left = a.to(torch::kDouble);
    const auto right = b.to(torch::kDouble);
    if (distance == Distance::cosine) {
        return 1 - torch::mm(unit_rows(left), unit_rows(right).t());
    }
    const auto squares =
        left.square().sum(1, true) + right.square().sum(1).unsqueeze(0) - 2 * torch::mm(left, right.t());
    return distance == Distance::euclidean ? squares.clamp_min(kSmallestSquare).sqrt() : squares.clamp_min(0);
}

} // namespace tacit::models
