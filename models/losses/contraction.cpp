// SPDX-License-Identifier: Apache-2.0
#include "models/losses/contraction.hpp"

#include "models/losses/precision.hpp"

#include <torch/autograd.h>
#include <torch/types.h>

namespace tacit::models {

at::Tensor sigmoid_contraction(const at::Tensor& code, const at::Tensor& weight) {
    const FullPrecisionScope scope;
    const auto h = full_precision(code);
    return torch::mv((h * (1 - h)).square(), full_precision(weight).square().sum(1));
}

at::Tensor projected_contraction(const at::Tensor& code, const at::Tensor& images, const at::Tensor& directions) {
    const auto gradient = torch::autograd::grad({code}, {images}, {directions.to(code.scalar_type())},
                                                /*retain_graph=*/true, /*create_graph=*/true);
    return full_precision(gradient.front()).flatten(1).square().sum(1);
}

at::Tensor exact_contraction(const at::Tensor& code, const at::Tensor& images) {
    const auto flat = code.flatten(1);
    at::Tensor sum;
    for (std::int64_t j = 0; j < flat.size(1); ++j) {
        auto direction = torch::zeros_like(flat);
        direction.select(1, j).fill_(1);
        const auto term = projected_contraction(flat, images, direction);
        sum = sum.defined() ? sum + term : term;
    }
    return sum;
}

} // namespace tacit::models
