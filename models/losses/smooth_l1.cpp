// SPDX-License-Identifier: Apache-2.0
#include "models/losses/smooth_l1.hpp"

#include "models/losses/precision.hpp"

#include <torch/types.h>

namespace tacit::models {

at::Tensor smooth_l1_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count) {
    const FullPrecisionScope scope;
    const auto elements =
        static_cast<double>(c10::multiply_integers(target.sizes().slice(1))) * static_cast<double>(global_count);
    return torch::smooth_l1_loss(full_precision(output), full_precision(target), at::Reduction::Sum) / elements;
}

} // namespace tacit::models
