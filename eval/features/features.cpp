// SPDX-License-Identifier: Apache-2.0
#include "eval/features/features.hpp"

#include "augment/recipe/recipe.hpp"
#include "eval/features/feature_rows.hpp"
#include "models/modules.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/loader/loader.hpp"
#include "pipeline/loader/recipe_config.hpp"
#include "pipeline/train/step/pretext_input.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tacit::eval {

namespace {

using Extractor = std::function<at::Tensor(const at::Tensor& images)>;

/// What extract() makes of the samples [begin, end), which `values` [end - begin, D] and `seen` take by sample.
void visit(const shards::Dataset& dataset, std::int64_t begin, std::int64_t end, const FeatureOptions& options,
           dist::Communicator& comm, const Extractor& extract, at::Tensor& values, at::Tensor& seen) {
    const shards::DatasetInfo& info = dataset.info();
    const augment::Recipe recipe(loader::eval_recipe(options.size, info.channels), info.channels);
    std::vector<std::int64_t> samples(static_cast<std::size_t>(end - begin));
    std::iota(samples.begin(), samples.end(), begin);
    loader::Loader loader(dataset, recipe, judging_order(options, std::move(samples)));
    ProgressOptions shown;
    shown.label = options.progress;
    shown.total = loader.batches_per_epoch();
    shown.units_per_item = static_cast<double>(info.size) / static_cast<double>(shown.total);
    std::optional<Progress> progress;
    if (!options.progress.empty()) {
        progress.emplace(shown);
    }
    for (std::int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
        const loader::Batch& batch = loader.next();
        comm.sign_of_life();
        if (progress) {
            progress->update(i + 1);
        }
        const models::PretextInput input = train::pretext_input(batch, input_format(options), batch.count);
        const at::Tensor used = input.ids.ge(0);
        const at::Tensor rows = input.ids.masked_select(used) - begin;
        const at::Tensor made = extract(input.views.at(0)).to(torch::kFloat32).to(torch::kCPU);
        values.index_copy_(0, rows, made.index_select(0, used.nonzero().flatten()));
        seen.index_add_(0, rows, torch::ones_like(rows));
    }
    if (progress) {
        progress->finish();
    }
}

/// Collective: no protocol can judge by features that are no numbers. `values` [n, D] of the samples from `begin` on.
void require_finite(const at::Tensor& values, std::int64_t begin, const shards::Dataset& dataset,
                    dist::Communicator& comm) {
    constexpr std::int64_t kNamed = 3;
    const at::Tensor finite = values.amax(1).isfinite().logical_and(values.amin(1).isfinite());
    const at::Tensor samples = gathered(finite.logical_not().nonzero().flatten() + begin, comm);
    if (samples.numel() > 0) {
        const std::int64_t* first = samples.const_data_ptr<std::int64_t>();
        throw DataError(fmt::format("{}: split '{}': features of {} of {} images are no finite numbers, images {} "
                                    "first; judge an earlier checkpoint (--checkpoint), or train into another run "
                                    "folder with a lower optim.lr",
                                    dataset.info().path, dataset.info().split, samples.numel(), dataset.info().size,
                                    fmt::join(first, first + std::min(kNamed, samples.numel()), ", ")));
    }
}

Features collect(const shards::Dataset& dataset, std::int64_t dim, const FeatureOptions& options,
                 dist::Communicator& comm, const Extractor& extract) {
    const auto [begin, end] = share_of_rank(dataset.info().size, comm.rank(), comm.size());
    at::Tensor values = torch::zeros({end - begin, dim});
    at::Tensor seen = torch::zeros({end - begin}, torch::kInt64);
    if (end > begin) {
        visit(dataset, begin, end, options, comm, extract, values, seen);
    }
    const at::Tensor missing = seen.eq(0).nonzero().flatten();
    if (seen.gt(1).any().item<bool>() || (missing.numel() > 0 && options.on_bad_sample == loader::OnBadSample::fail)) {
        throw std::logic_error("features: a rank did not visit each of its images exactly once");
    }
    require_finite(values, begin, dataset, comm);
    const at::Tensor labels =
        torch::tensor(at::ArrayRef<std::int32_t>(dataset.labels())
                          .slice(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)))
            .to(torch::kInt64);
    const std::vector<std::int64_t> places = dataset.places();
    const at::Tensor ids =
        places.empty() ? torch::arange(begin, end, torch::kInt64)
                       : torch::tensor(at::ArrayRef<std::int64_t>(places).slice(static_cast<std::size_t>(begin),
                                                                                static_cast<std::size_t>(end - begin)));
    Features made{values, labels, ids};
    const at::Tensor left_out = gathered(missing + begin, comm);
    if (left_out.numel() == 0) {
        return made;
    }
    if (left_out.numel() > options.max_bad_samples) { // no rank alone may have met so many
        throw DataError(fmt::format("{}: split '{}': {} images cannot be used, more than the {} that "
                                    "data.max_bad_samples allows; mend them or raise it",
                                    dataset.info().path, dataset.info().split, left_out.numel(),
                                    options.max_bad_samples));
    }
    made.left_out.assign(left_out.const_data_ptr<std::int64_t>(),
                         left_out.const_data_ptr<std::int64_t>() + left_out.numel());
    const at::Tensor rows = seen.eq(1).nonzero().flatten();
    for (at::Tensor* part : {&made.values, &made.labels, &made.ids}) {
        *part = part->index_select(0, rows);
    }
    return made;
}

} // namespace

std::int64_t Features::sample(std::int64_t row) const {
    for (const std::int64_t missing : left_out) {
        row += missing <= row ? 1 : 0;
    }
    return row;
}

train::InputFormat input_format(const FeatureOptions& options) {
    return {options.mean, options.std, options.device, /*channels_last=*/true};
}

loader::LoaderOptions judging_order(const FeatureOptions& options, std::vector<std::int64_t> samples) {
    loader::LoaderOptions order;
    order.global_batch = std::min(options.batch, static_cast<std::int64_t>(samples.size()));
    order.workers = options.workers;
    order.shuffle = loader::Shuffle::none;
    order.drop_last = false;
    order.fixed_epoch = 0;
    order.on_bad_sample = options.on_bad_sample;
    order.max_bad_samples = options.max_bad_samples;
    order.subset = std::move(samples);
    return order;
}

std::pair<std::int64_t, std::int64_t> share_of_rank(std::int64_t samples, int rank, int ranks) {
    return {samples * rank / ranks, samples * (rank + 1) / ranks};
}

Features backbone_features(models::Backbone& backbone, const shards::Dataset& dataset, const FeatureOptions& options,
                           dist::Communicator& comm) {
    const models::EvalMode mode(backbone);
    return collect(dataset, backbone.feature_dim(), options, comm,
                   [&](const at::Tensor& images) { return backbone.forward(images); });
}

Features pixel_features(const shards::Dataset& dataset, const FeatureOptions& options, dist::Communicator& comm) {
    const std::int64_t dim = std::int64_t{dataset.info().channels} * options.size * options.size;
    return collect(dataset, dim, options, comm,
                   [](const at::Tensor& images) { return images.contiguous().flatten(1); });
}

} // namespace tacit::eval
