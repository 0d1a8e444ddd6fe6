// SPDX-License-Identifier: Apache-2.0
#include "models/losses/soft_cross_entropy.hpp"

#include "models/losses/precision.hpp"

#include <torch/types.h>

namespace tacit::models {

at::Tensor soft_cross_entropy_share(const at::Tensor& logits, const SoftClasses& targets, const at::Tensor& weights,
                                    std::int64_t global_rows) {
    const FullPrecisionScope scope;
    const auto chances = full_precision(logits).log_softmax(1).gather(1, targets.classes);
    auto terms = -(chances * targets.shares).sum(1);
    if (weights.defined()) {
        terms = terms * weights.index_select(0, targets.classes.select(1, 0));
    }
    return terms.sum() / static_cast<double>(global_rows);
}

} // namespace tacit::models
