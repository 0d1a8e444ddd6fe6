// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/modules/linear.h>

namespace tacit::models {

/// Linear classifier over features: [N, features] -> logits [N, classes]. Weights N(0, 0.01), bias 0, so that it
/// starts at a loss of about ln(classes).
torch::nn::Linear make_classifier(std::int64_t features, std::int64_t classes);

} // namespace tacit::models
