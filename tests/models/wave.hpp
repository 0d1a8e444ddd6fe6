// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace tacit::models {

/// sin(i * step + phase) in float64, as tests/oracle/models_fixtures.py makes it.
inline at::Tensor wave(const std::vector<std::int64_t>& shape, double step, double phase) {
    const auto count = c10::multiply_integers(shape);
    return (torch::arange(count, torch::kDouble) * step + phase).sin().reshape(shape);
}

/// Sets every floating parameter and buffer by its place in the sorted names, as the oracle does.
inline void fill_by_formula(torch::nn::Module& module) {
    const torch::NoGradGuard no_grad;
    std::vector<std::pair<std::string, at::Tensor>> state;
    for (const auto& item : module.named_parameters()) {
        state.emplace_back(item.key(), item.value());
    }
    for (const auto& item : module.named_buffers()) {
        if (!item.key().ends_with("num_batches_tracked")) { // to(kDouble) makes it floating, too
            state.emplace_back(item.key(), item.value());
        }
    }
    std::sort(state.begin(), state.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t place = 0; place < state.size(); ++place) {
        auto& [name, tensor] = state[place];
        auto values = wave(tensor.sizes().vec(), 1.37, 0.1 * static_cast<double>(place));
        if (tensor.dim() > 1) {
            values = values * std::sqrt(2.0 / static_cast<double>(tensor.numel() / tensor.size(0)));
        } else if (name.ends_with("running_var")) {
            values = 1.0 + 0.5 * values;
        } else if (name.ends_with("weight")) {
            values = 1.0 + 0.1 * values;
        } else {
            values = 0.1 * values;
        }
        tensor.copy_(values);
    }
}

/// Largest |a - b| relative to the largest |b|.
inline double relative_difference(const at::Tensor& a, const at::Tensor& b) {
    const auto scale = b.abs().max().item<double>();
    return (a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>() / std::max(scale, 1e-30);
}

} // namespace tacit::models
