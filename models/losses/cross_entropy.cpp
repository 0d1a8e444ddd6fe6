// SPDX-License-Identifier: Apache-2.0
#include "models/losses/cross_entropy.hpp"

#include "models/losses/precision.hpp"

#include <torch/types.h>

namespace tacit::models {

at::Tensor cross_entropy_share(const at::Tensor& logits, const at::Tensor& labels, std::int64_t global_count) {
    const FullPrecisionScope scope;
    return torch::cross_entropy_loss(full_precision(logits), labels, {}, at::Reduction::Sum) /
           static_cast<double>(global_count);
}

at::Tensor accuracy_share(const at::Tensor& logits, const at::Tensor& labels, std::int64_t global_count) {
    return logits.detach().argmax(1).eq(labels).sum().to(torch::kDouble) / static_cast<double>(global_count);
}

} // namespace tacit::models
