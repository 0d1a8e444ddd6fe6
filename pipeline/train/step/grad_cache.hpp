// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace tacit::train {

/// A loss over all micro-batches of a step, in halves (models::EmbeddingLoss), under the precision of the run.
struct CachedPasses {
    std::int64_t count = 1;                                     ///< micro-batches
    std::function<std::vector<at::Tensor>(std::int64_t)> embed; ///< embeddings of one
    std::function<models::PretextLoss(const std::vector<at::Tensor>&)> compare;
    std::function<void(std::int64_t)> embedded; ///< one was embedded for the first time
};

/// Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup": embeddings of all
/// micro-batches without their graphs; the loss of all of them and its gradients at the embeddings; then each
/// micro-batch once more, and backward from there. The graph of one micro-batch is in memory at a time. Collective
/// where the loss is; the result has no gradient.
models::PretextLoss cached_forward_backward(const CachedPasses& passes);

} // namespace tacit::train
