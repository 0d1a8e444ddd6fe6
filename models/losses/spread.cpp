// SPDX-License-Identifier: Apache-2.0
#include "models/losses/spread.hpp"

#include <torch/types.h>

#include <cmath>

namespace tacit::models {

at::Tensor spread_of(const at::Tensor& rows) {
    const auto dimensions = static_cast<double>(rows.size(1));
    return rows.detach().std(0, /*unbiased=*/false).mean().to(torch::kDouble) * std::sqrt(dimensions);
}

} // namespace tacit::models
