// SPDX-License-Identifier: Apache-2.0
#include "models/losses/adversarial.hpp"

#include "models/losses/precision.hpp"

#include <torch/types.h>

namespace tacit::models {

at::Tensor discriminator_share(const at::Tensor& real, const at::Tensor& made, std::int64_t global_count) {
    const FullPrecisionScope scope;
    return (torch::softplus(-full_precision(real)).sum() + torch::softplus(full_precision(made)).sum()) /
           static_cast<double>(global_count);
}

at::Tensor generator_share(const at::Tensor& made, std::int64_t global_count) {
    const FullPrecisionScope scope;
    return torch::softplus(-full_precision(made)).sum() / static_cast<double>(global_count);
}

} // namespace tacit::models
