// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/masking/color_classes.hpp"

#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::models {
namespace {

/// [N, D, h, w] -> [N h w, D].
at::Tensor rows_of_map(const at::Tensor& map) {
    return map.permute({0, 2, 3, 1}).reshape({-1, map.size(1)});
}

} // namespace

ColorClassesImpl::ColorClassesImpl(const ColorClassOptions& options, const at::Tensor& centres,
                                   dist::Communicator& comm)
    : options_(options), comm_(&comm) {
    const auto bins = centres.size(0);
    centres_ = register_buffer("centres", centres.to(torch::kFloat));
    prior_ = register_buffer("prior", torch::full({bins}, 1 / static_cast<double>(bins), torch::kFloat));
    weights_ = register_buffer("weights", torch::ones({bins}));
}

void ColorClassesImpl::measure(const TrainingData& data, std::int64_t images,
                               const std::function<at::Tensor(const at::Tensor&)>& values_of) {
    const torch::NoGradGuard no_gradient;
    at::Tensor sums = torch::zeros({count()}, torch::TensorOptions(torch::kDouble).device(centres_.device()));
    std::int64_t seen = 0; // over all ranks
    for (std::int64_t i = 0; i < data.batches && seen < images; ++i) {
        const PretextInput input = data.batch(i);
        const SoftClasses found = targets(values_of(input.views.back()));
        sums.index_add_(0, found.classes.flatten(), found.shares.to(torch::kDouble).flatten());
        seen += input.global_count;
    }
    comm_->all_reduce_sum(sums);
    const at::Tensor prior = sums / sums.sum();
    prior_.copy_(prior);
    weights_.copy_(rebalancing_weights(prior, options_.rebalance));
}

SoftClasses ColorClassesImpl::targets(const at::Tensor& values) const {
    return soft_classes(rows_of_map(values.detach()), centres_.to(values.scalar_type()), options_.neighbours,
                        options_.sigma);
}

PretextLoss ColorClassesImpl::share(const at::Tensor& logits, const at::Tensor& values,
                                    std::int64_t global_count) const {
    const at::Tensor rows = rows_of_map(logits);
    const SoftClasses wanted = targets(values);
    const std::int64_t places = global_count * values.size(2) * values.size(3);
    const at::Tensor hits = rows.detach().argmax(1).eq(wanted.classes.select(1, 0)).sum().to(torch::kDouble);
    return {soft_cross_entropy_share(rows, wanted, weights_, places),
            {{"accuracy", hits / static_cast<double>(places)}}};
}

at::Tensor ColorClassesImpl::decode(const at::Tensor& logits) const {
    const at::Tensor rows = rows_of_map(logits).to(centres_.scalar_type());
    const at::Tensor means = annealed_mean(rows, centres_, options_.temperature);
    return means.view({logits.size(0), logits.size(2), logits.size(3), -1}).permute({0, 3, 1, 2});
}

} // namespace tacit::models
