// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace tacit::models {

/// Largest absolute difference between autograd's gradient of `loss` (scalar, of float64 inputs) and central
/// differences of step 1e-6.
inline double gradient_error(const std::function<at::Tensor(const std::vector<at::Tensor>&)>& loss,
                             std::vector<at::Tensor> inputs) {
    constexpr double kStep = 1e-6;
    for (auto& input : inputs) {
        input = input.detach().clone().contiguous().requires_grad_();
    }
    const auto gradients = torch::autograd::grad({loss(inputs)}, inputs);
    const torch::NoGradGuard no_grad;
    double worst = 0;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        auto values = inputs[k].view(-1);
        const auto gradient = gradients[k].contiguous().view(-1);
        for (std::int64_t i = 0; i < values.numel(); ++i) {
            const double centre = values[i].item<double>();
            values[i] = centre + kStep;
            const double above = loss(inputs).item<double>();
            values[i] = centre - kStep;
            const double below = loss(inputs).item<double>();
            values[i] = centre;
            worst = std::max(worst, std::abs((above - below) / (2 * kStep) - gradient[i].item<double>()));
        }
    }
    return worst;
}

} // namespace tacit::models
