// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/step/grad_cache.hpp"

#include "dist/norm/batch_norm.hpp"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace tacit::train {

namespace {

/// By embedding: those of all micro-batches, row by row, as leaves.
std::vector<at::Tensor> all_embeddings(const CachedPasses& passes) {
    std::vector<std::vector<at::Tensor>> rows; // by embedding, then micro-batch
    for (std::int64_t micro = 0; micro < passes.count; ++micro) {
        const torch::NoGradGuard no_gradient;
        const std::vector<at::Tensor> embeddings = passes.embed(micro);
        rows.resize(embeddings.size());
        for (std::size_t i = 0; i < embeddings.size(); ++i) {
            rows[i].push_back(embeddings[i]);
        }
        passes.embedded(micro);
    }
    std::vector<at::Tensor> all;
    for (const std::vector<at::Tensor>& parts : rows) {
        all.push_back(torch::cat(parts).requires_grad_());
    }
    return all;
}

} // namespace

models::PretextLoss cached_forward_backward(const CachedPasses& passes) {
    const std::vector<at::Tensor> all = all_embeddings(passes);
    models::PretextLoss result = passes.compare(all);
    result.loss.backward();
    result.loss = result.loss.detach();
    for (std::int64_t micro = 0; micro < passes.count; ++micro) {
        std::vector<at::Tensor> again;
        {
            const dist::RunningStatisticsPause pause;
            again = passes.embed(micro);
        }
        if (std::none_of(again.begin(), again.end(), [](const at::Tensor& one) { return one.requires_grad(); })) {
            break; // all that this update trains is frozen in this step
        }
        std::vector<at::Tensor> gradients;
        for (std::size_t i = 0; i < again.size(); ++i) {
            gradients.push_back(all[i].grad().chunk(passes.count)[static_cast<std::size_t>(micro)]);
        }
        torch::autograd::backward(again, gradients);
    }
    return result;
}

} // namespace tacit::train
