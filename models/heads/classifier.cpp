// SPDX-License-Identifier: Apache-2.0
#include "models/heads/classifier.hpp"

#include <torch/nn/init.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

namespace tacit::models {

torch::nn::Linear make_classifier(std::int64_t features, std::int64_t classes) {
    torch::nn::Linear classifier(features, classes);
    torch::nn::init::normal_(classifier->weight, 0.0, 0.01);
    torch::nn::init::zeros_(classifier->bias);
    return classifier;
}

} // namespace tacit::models
