// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/finetune_trainer.hpp"

#include "eval/solvers/label_draw.hpp"
#include "models/modules.hpp"
#include "pipeline/loader/data_config.hpp"
#include "pipeline/loader/loader.hpp"
#include "pipeline/loader/recipe_config.hpp"
#include "pipeline/train/optim/optimizer.hpp"
#include "pipeline/train/step/pretext_input.hpp"

#include <torch/nn/init.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tacit::eval {

/// An encoder with a linear classifier.
struct FinetuneTrainer::Network {
    std::shared_ptr<models::Backbone> backbone;
    torch::nn::Linear head;

    at::Tensor logits(const at::Tensor& images) { return head->forward(backbone->forward(images)); }

    NamedTensors parameters() const {
        NamedTensors named;
        for (const auto& parameter : backbone->named_parameters()) {
            named.emplace_back("backbone." + parameter.key(), parameter.value());
        }
        for (const auto& parameter : head->named_parameters()) {
            named.emplace_back("head." + parameter.key(), parameter.value());
        }
        return named;
    }

    void zero_gradients() {
        backbone->zero_grad();
        head->zero_grad();
    }
};

/// Numbers in the training split to train on, and to judge by: there, or in the test split.
struct FinetuneTrainer::Samples {
    std::vector<std::int64_t> trained;
    std::vector<std::int64_t> judged;
};

namespace {

constexpr int kSmallSide = 64; // pixels; up to here images are shifted, not rescaled
constexpr std::int64_t kPassesOfTraining = 3;

/// Light augmentation: a shifted crop and a flip for small images, a mildly resized crop and a flip for others.
augment::RecipeSpec training_recipe(const FeatureOptions& images) {
    augment::ViewSpec view;
    if (images.size <= kSmallSide) {
        view.ops.push_back({"resize_short_side", 1.0, {}});
        view.ops.push_back({"padded_crop", 1.0, {{"padding", {std::max(1.0, std::floor(images.size / 8.0))}}}});
    } else {
        view.ops.push_back({"random_resized_crop", 1.0, {{"scale", {0.5, 1.0}}}});
    }
    view.ops.push_back({"horizontal_flip", 0.5, {}});
    return {"finetune", images.size, {view}};
}

train::OptimConfig optimiser_config(const FinetuneOptions& options, double lr) {
    train::OptimConfig config;
    config.name = options.optimizer;
    config.lr = lr;
    config.weight_decay = models::constant(options.weight_decay);
    config.warmup_epochs = 0.1 * static_cast<double>(options.epochs);
    return config;
}

std::vector<std::int64_t> labelled(const shards::Dataset& dataset) {
    std::vector<std::int64_t> samples;
    for (std::size_t i = 0; i < dataset.labels().size(); ++i) {
        if (dataset.labels()[i] >= 0) {
            samples.push_back(static_cast<std::int64_t>(i));
        }
    }
    return samples;
}

} // namespace

FinetuneTrainer::FinetuneTrainer(const std::vector<FinetuneRow>& rows, const shards::Dataset& train,
                                 const shards::Dataset& test, const FeatureOptions& images,
                                 const FinetuneOptions& options)
    : rows_(rows), train_(train), test_(test), images_(images), options_(options),
      counts_(options.per_class > 0 ? equal_counts(train.labels(), options.per_class)
                                    : proportional_counts(train.labels(), options.fraction)),
      augmentation_(training_recipe(images), train.info().channels),
      plain_(loader::eval_recipe(images.size, train.info().channels), train.info().channels) {}

FinetuneTrainer::Samples FinetuneTrainer::samples_of(const Cell& cell) const {
    std::vector<std::int64_t> drawn = draw_labels(train_.labels(), counts_, options_.seed, cell.draw);
    if (!cell.selection) {
        return {std::move(drawn), labelled(test_)};
    }
    auto [kept, held] = hold_out(drawn, train_.labels(), options_.holdout, options_.seed);
    return {std::move(kept), std::move(held)};
}

std::int64_t FinetuneTrainer::passes(const Cell& cell) const {
    const std::int64_t drawn = std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
    if (!cell.selection) {
        const auto batch = std::min(options_.batch, drawn);
        return kPassesOfTraining * options_.epochs * (drawn / batch * batch) +
               static_cast<std::int64_t>(labelled(test_).size());
    }
    const Samples samples = samples_of(cell);
    const auto kept = static_cast<std::int64_t>(samples.trained.size());
    const auto batch = std::min(options_.batch, kept);
    return kPassesOfTraining * options_.epochs * (kept / batch * batch) +
           static_cast<std::int64_t>(samples.judged.size());
}

double FinetuneTrainer::run(const Cell& cell, const OnPasses& on_passes) const {
    const Samples samples = samples_of(cell);
    const std::uint64_t seed = options_.seed + static_cast<std::uint64_t>(cell.draw);
    Network network = start(rows_[cell.row], seed);
    fit(network, samples.trained, cell.lr, seed, on_passes);
    return accuracy(network, cell.selection ? train_ : test_, samples.judged, on_passes);
}

FinetuneTrainer::Network FinetuneTrainer::start(const FinetuneRow& row, std::uint64_t seed) const {
    torch::manual_seed(seed);
    Network network{row.start(seed), nullptr};
    models::prefer_channels_last(*network.backbone);
    network.head = torch::nn::Linear(network.backbone->feature_dim(), static_cast<std::int64_t>(counts_.size()));
    torch::nn::init::zeros_(network.head->weight);
    torch::nn::init::zeros_(network.head->bias);
    network.backbone->to(images_.device);
    network.head->to(images_.device);
    return network;
}

void FinetuneTrainer::fit(Network& network, const std::vector<std::int64_t>& samples, double lr, std::uint64_t seed,
                          const OnPasses& on_passes) const {
    loader::LoaderOptions order;
    order.seed = seed;
    order.global_batch = std::min(options_.batch, static_cast<std::int64_t>(samples.size()));
    order.workers = images_.workers;
    order.shuffle = loader::fitting_shuffle(train_);
    order.subset = samples;
    order.on_bad_sample = images_.on_bad_sample;
    order.max_bad_samples = images_.max_bad_samples;
    loader::Loader loader(train_, augmentation_, order);
    const train::OptimConfig config = optimiser_config(options_, lr);
    const auto optimizer = train::make_optimizer({models::parameter_group("main", network.parameters())}, config);
    const models::Schedule rate = config.learning_rate(order.global_batch);
    network.backbone->train();
    const std::int64_t in_epoch = loader.batches_per_epoch();
    const std::int64_t steps = options_.epochs * in_epoch;
    models::StepContext at;
    at.total_steps = steps;
    at.steps_per_epoch = in_epoch;
    at.seed = seed;
    for (std::int64_t step = 0; step < steps; ++step) {
        at.step = step;
        const loader::Batch& batch = loader.next();
        network.zero_gradients();
        const models::PretextInput input = train::pretext_input(batch, input_format(images_), batch.count);
        network.backbone->begin_step(at, input.ids);
        torch::cross_entropy_loss(network.logits(input.views.at(0)), input.labels.to(images_.device)).backward();
        optimizer->step(0, {rate.at(at), config.weight_decay.at(at), config.momentum.at(at)});
        on_passes(kPassesOfTraining * batch.count, step / in_epoch + 1);
    }
}

double FinetuneTrainer::accuracy(Network& network, const shards::Dataset& dataset,
                                 const std::vector<std::int64_t>& samples, const OnPasses& on_passes) const {
    const models::EvalMode mode(*network.backbone);
    loader::Loader loader(dataset, plain_, judging_order(images_, samples));
    std::int64_t correct = 0;
    std::int64_t judged = 0;
    for (std::int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
        const loader::Batch& batch = loader.next();
        const models::PretextInput input = train::pretext_input(batch, input_format(images_), batch.count);
        const at::Tensor guess = network.logits(input.views.at(0)).argmax(1).cpu();
        correct += guess.eq(input.labels).sum().item<std::int64_t>();
        judged += input.labels.ge(0).sum().item<std::int64_t>(); // without those that are left out
        on_passes(batch.count, 0);
    }
    return static_cast<double>(correct) / static_cast<double>(std::max<std::int64_t>(judged, 1));
}

} // namespace tacit::eval
