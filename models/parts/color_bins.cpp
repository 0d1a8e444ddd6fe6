// SPDX-License-Identifier: Apache-2.0
#include "models/parts/color_bins.hpp"

#include "models/losses/precision.hpp"
#include "models/parts/lab.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace tacit::models {
namespace {

constexpr double kBinSide = 10;    // units of a and b
constexpr std::int64_t kSide = 23; // bins from -110 to 110, beyond what sRGB has

} // namespace

at::Tensor gamut_bins() {
    const torch::NoGradGuard no_gradient;
    constexpr std::int64_t kStep = 3; // levels: 86^3 colours fall into as many bins as all 256^3 do
    const auto axis = torch::arange(0, 256, kStep, torch::kDouble) / 255;
    const auto colours = torch::stack(torch::meshgrid({axis, axis, axis}, "ij"), 0).view({1, 3, -1, 1});
    const auto cells = (lab_of(colours).slice(1, 1, 3) / kBinSide).round().to(torch::kLong) + kSide / 2;
    const auto places = (cells.select(1, 0) * kSide + cells.select(1, 1)).flatten();
    const auto used = torch::bincount(places, {}, kSide * kSide).nonzero().flatten();
    const auto a = torch::floor_divide(used, kSide);
    return (torch::stack({a, used - a * kSide}, 1) - kSide / 2).to(torch::kDouble) * kBinSide;
}

at::Tensor lightness_bins(std::int64_t bins) {
    const double width = 100.0 / static_cast<double>(bins);
    return ((torch::arange(bins, torch::kDouble) + 0.5) * width).unsqueeze(1);
}

SoftClasses soft_classes(const at::Tensor& points, const at::Tensor& centres, std::int64_t count, double sigma) {
    const torch::NoGradGuard no_gradient;
    at::Tensor squares = torch::zeros({points.size(0), centres.size(0)}, points.options());
    for (std::int64_t d = 0; d < points.size(1); ++d) { // differences, as a product of matrices would cancel digits
        squares += (points.select(1, d).unsqueeze(1) - centres.select(1, d).unsqueeze(0)).square_();
    }
    const auto [nearest, classes] =
        squares.topk(std::min(count, centres.size(0)), /*dim=*/1, /*largest=*/false, /*sorted=*/true);
    return {classes, ((nearest - nearest.select(1, 0).unsqueeze(1)) * (-0.5 / (sigma * sigma))).softmax(1)};
}

at::Tensor rebalancing_weights(const at::Tensor& prior, double mix) {
    const auto weights = 1 / (prior * (1 - mix) + mix / static_cast<double>(prior.size(0)));
    return weights / (prior * weights).sum();
}

at::Tensor annealed_mean(const at::Tensor& logits, const at::Tensor& centres, double temperature) {
    const FullPrecisionScope scope;
    return (full_precision(logits) / temperature).softmax(1).mm(centres);
}

} // namespace tacit::models
