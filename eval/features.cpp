// SPDX-License-Identifier: Apache-2.0
#include "eval/features.hpp"

#include "augment/recipe.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/loader/loader.hpp"
#include "pipeline/loader/recipe_config.hpp"
#include "pipeline/train/pretext_input.hpp"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>

namespace tacit::eval {

namespace {

using Extractor = std::function<at::Tensor(const at::Tensor& images)>;

loader::LoaderOptions loader_options(const FeatureOptions& options, std::int64_t samples, dist::Communicator& comm) {
    loader::LoaderOptions result;
    const std::int64_t fair_share = std::max<std::int64_t>(1, samples / comm.size());
    result.global_batch = std::min(options.batch, fair_share) * comm.size();
    result.rank = comm.rank();
    result.ranks = comm.size();
    result.workers = options.workers;
    result.shuffle = loader::Shuffle::none;
    result.drop_last = false;
    result.fixed_epoch = 0;
    result.on_bad_sample = options.on_bad_sample;
    result.max_bad_samples = options.max_bad_samples;
    return result;
}

/// Sums over ranks in pieces, so that no single collective exceeds 64 MiB.
void all_reduce_rows(at::Tensor& rows, dist::Communicator& comm) {
    const std::int64_t row_bytes =
        std::max<std::int64_t>(1, rows.numel() / std::max<std::int64_t>(1, rows.size(0)) * 4);
    const std::int64_t piece = std::max<std::int64_t>(1, (std::int64_t{64} << 20) / row_bytes);
    for (std::int64_t begin = 0; begin < rows.size(0); begin += piece) {
        at::Tensor part = rows.narrow(0, begin, std::min(piece, rows.size(0) - begin));
        comm.all_reduce_sum(part);
    }
}

Features collect(const shards::Dataset& dataset, std::int64_t dim, const FeatureOptions& options,
                 dist::Communicator& comm, const Extractor& extract) {
    const torch::NoGradGuard no_grad;
    const shards::DatasetInfo& info = dataset.info();
    const augment::Recipe recipe(loader::eval_recipe(options.size, info.channels), info.channels);
    loader::Loader loader(dataset, recipe, loader_options(options, info.size, comm));
    ProgressOptions shown;
    shown.label = options.progress;
    shown.total = loader.batches_per_epoch();
    shown.units_per_item = static_cast<double>(info.size) / static_cast<double>(shown.total);
    std::optional<Progress> progress;
    if (!options.progress.empty()) {
        progress.emplace(shown);
    }
    at::Tensor values = torch::zeros({info.size, dim});
    at::Tensor seen = torch::zeros({info.size}, torch::kInt64);
    for (std::int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
        const loader::Batch& batch = loader.next();
        comm.sign_of_life();
        if (progress) {
            progress->update(i + 1);
        }
        if (batch.count == 0) {
            continue;
        }
        const loader::BatchView& view = batch.views.at(0);
        const at::Tensor images = train::view_images(view, batch.count, options.mean, options.std);
        const at::Tensor all =
            torch::tensor(at::ArrayRef<std::int64_t>(batch.ids.data(), static_cast<std::size_t>(batch.count)));
        const at::Tensor used = all.ge(0);
        const at::Tensor ids = all.masked_select(used);
        const at::Tensor made = extract(images).to(torch::kFloat32).to(torch::kCPU);
        values.index_copy_(0, ids, made.index_select(0, used.nonzero().flatten()));
        seen.index_add_(0, ids, torch::ones_like(ids));
    }
    if (progress) {
        progress->finish();
    }
    if (comm.size() > 1) {
        all_reduce_rows(values, comm);
        comm.all_reduce_sum(seen);
    }
    const at::Tensor missing = seen.eq(0).nonzero().flatten();
    if (seen.gt(1).any().item<bool>() || (missing.numel() > 0 && options.on_bad_sample == loader::OnBadSample::fail)) {
        throw std::logic_error("features: the ranks together did not visit every image exactly once");
    }
    const at::Tensor labels = torch::tensor(at::ArrayRef<std::int32_t>(dataset.labels())).to(torch::kInt64);
    const std::vector<std::int64_t> places = dataset.places();
    Features made{values, labels, places.empty() ? at::Tensor() : torch::tensor(places, torch::kInt64)};
    if (missing.numel() == 0) {
        return made;
    }
    made.left_out.assign(missing.const_data_ptr<std::int64_t>(),
                         missing.const_data_ptr<std::int64_t>() + missing.numel());
    const at::Tensor rows = seen.eq(1).nonzero().flatten();
    made.values = values.index_select(0, rows);
    made.labels = labels.index_select(0, rows);
    made.ids = made.ids.defined() ? made.ids.index_select(0, rows) : rows;
    return made;
}

/// Puts a module into eval mode and back.
class EvalMode {
  public:
    explicit EvalMode(torch::nn::Module& module) : module_(module), was_training_(module.is_training()) {
        module_.eval();
    }
    ~EvalMode() { module_.train(was_training_); }
    EvalMode(const EvalMode&) = delete;
    EvalMode& operator=(const EvalMode&) = delete;

  private:
    torch::nn::Module& module_;
    bool was_training_;
};

} // namespace

std::int64_t Features::sample(std::int64_t row) const {
    for (const std::int64_t missing : left_out) {
        row += missing <= row ? 1 : 0;
    }
    return row;
}

Features backbone_features(models::Backbone& backbone, const shards::Dataset& dataset, const FeatureOptions& options,
                           dist::Communicator& comm) {
    const EvalMode mode(backbone);
    return collect(dataset, backbone.feature_dim(), options, comm,
                   [&](const at::Tensor& images) { return backbone.forward(images); });
}

Features pixel_features(const shards::Dataset& dataset, const FeatureOptions& options, dist::Communicator& comm) {
    const std::int64_t dim = std::int64_t{dataset.info().channels} * options.size * options.size;
    return collect(dataset, dim, options, comm,
                   [](const at::Tensor& images) { return images.contiguous().flatten(1); });
}

void prefer_channels_last(torch::nn::Module& module) {
    for (at::Tensor parameter : module.parameters()) {
        if (parameter.dim() == 4) {
            parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
        }
    }
}

Features labelled(const Features& features, const char* split) {
    const at::Tensor rows = features.labels.ge(0).nonzero().flatten();
    if (rows.numel() == 0) {
        throw DataError(fmt::format("the {} split has no labels; probes and kNN need them", split));
    }
    if (rows.numel() == features.labels.size(0)) {
        return features;
    }
    return {features.values.index_select(0, rows), features.labels.index_select(0, rows)};
}

} // namespace tacit::eval
