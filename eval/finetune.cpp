// SPDX-License-Identifier: Apache-2.0
#include "eval/finetune.hpp"

#include "augment/recipe.hpp"
#include "eval/label_draw.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/loader/loader.hpp"
#include "pipeline/loader/recipe_config.hpp"
#include "pipeline/train/optimizer.hpp"
#include "pipeline/train/pretext_input.hpp"

#include <torch/nn/init.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tacit::eval {

namespace {

constexpr int kSmallSide = 64; // pixels; up to here images are shifted, not rescaled

/// One training: which start, at which learning rate, on which labels.
struct Cell {
    std::size_t row = 0;
    double lr = 0;
    std::int64_t draw = 0;
    bool selection = false; ///< train on the kept labels and measure on the held-out ones
};

/// An encoder with a linear classifier.
struct Network {
    std::shared_ptr<models::Backbone> backbone;
    torch::nn::Linear head;

    at::Tensor logits(const at::Tensor& images) { return head->forward(backbone->forward(images)); }

    train::NamedTensors parameters() const {
        train::NamedTensors named;
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

class Trainer {
  public:
    Trainer(const std::vector<FinetuneRow>& rows, const shards::Dataset& train, const shards::Dataset& test,
            const FeatureOptions& images, const FinetuneOptions& options)
        : rows_(rows), train_(train), test_(test), images_(images), options_(options),
          classes_(class_count(train.labels())),
          per_class_(options.per_class > 0 ? options.per_class : labels_per_class(train.labels(), options.fraction)),
          augmentation_(training_recipe(images), train.info().channels),
          plain_(loader::eval_recipe(images.size, train.info().channels), train.info().channels) {}

    std::int64_t per_class() const { return per_class_; }
    std::int64_t classes() const { return classes_; }

    /// Trains the cell's network and returns its accuracy.
    double run(const Cell& cell) const {
        std::vector<std::int64_t> samples = draw_labels(train_.labels(), per_class_, options_.seed, cell.draw);
        std::vector<std::int64_t> held;
        if (cell.selection) {
            std::tie(samples, held) = hold_out(samples, train_.labels(), options_.holdout, options_.seed);
        }
        const std::uint64_t seed = options_.seed + static_cast<std::uint64_t>(cell.draw);
        Network network = start(rows_[cell.row], seed);
        fit(network, samples, cell.lr, seed);
        return cell.selection ? accuracy(network, train_, held) : accuracy(network, test_, labelled(test_));
    }

  private:
    Network start(const FinetuneRow& row, std::uint64_t seed) const {
        torch::manual_seed(seed);
        Network network{row.start(seed), nullptr};
        prefer_channels_last(*network.backbone);
        network.head = torch::nn::Linear(network.backbone->feature_dim(), classes_);
        torch::nn::init::zeros_(network.head->weight);
        torch::nn::init::zeros_(network.head->bias);
        return network;
    }

    at::Tensor images_of(const loader::Batch& batch) const {
        const loader::BatchView& view = batch.views.at(0);
        return train::view_images(view, batch.count, images_.mean, images_.std);
    }

    static at::Tensor labels_of(const loader::Batch& batch) {
        return torch::tensor(at::ArrayRef<std::int32_t>(batch.labels.data(), static_cast<std::size_t>(batch.count)))
            .to(torch::kInt64);
    }

    train::OptimConfig optimiser_config(double lr) const {
        train::OptimConfig config;
        config.name = options_.optimizer;
        config.lr = lr;
        config.weight_decay = options_.weight_decay;
        config.warmup_epochs = 0.1 * static_cast<double>(options_.epochs);
        return config;
    }

    void fit(Network& network, const std::vector<std::int64_t>& samples, double lr, std::uint64_t seed) const {
        loader::LoaderOptions order;
        order.seed = seed;
        order.global_batch = std::min(options_.batch, static_cast<std::int64_t>(samples.size()));
        order.workers = images_.workers;
        order.shuffle = loader::fitting_shuffle(train_);
        order.subset = samples;
        order.on_bad_sample = images_.on_bad_sample;
        order.max_bad_samples = images_.max_bad_samples;
        loader::Loader loader(train_, augmentation_, order);
        const train::OptimConfig config = optimiser_config(lr);
        train::Optimizer optimizer(network.parameters(), config);
        network.backbone->train();
        const std::int64_t steps = options_.epochs * loader.batches_per_epoch();
        for (std::int64_t step = 0; step < steps; ++step) {
            const loader::Batch& batch = loader.next();
            network.zero_gradients();
            torch::cross_entropy_loss(network.logits(images_of(batch)), labels_of(batch)).backward();
            optimizer.step(train::learning_rate(config, step, loader.batches_per_epoch(), steps, order.global_batch));
        }
    }

    double accuracy(Network& network, const shards::Dataset& dataset, const std::vector<std::int64_t>& samples) const {
        const torch::NoGradGuard no_grad;
        network.backbone->eval();
        loader::LoaderOptions order;
        order.global_batch = std::min(images_.batch, static_cast<std::int64_t>(samples.size()));
        order.workers = images_.workers;
        order.shuffle = loader::Shuffle::none;
        order.drop_last = false;
        order.fixed_epoch = 0;
        order.subset = samples;
        order.on_bad_sample = images_.on_bad_sample;
        order.max_bad_samples = images_.max_bad_samples;
        loader::Loader loader(dataset, plain_, order);
        std::int64_t correct = 0;
        std::int64_t judged = 0;
        for (std::int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
            const loader::Batch& batch = loader.next();
            const at::Tensor guess = network.logits(images_of(batch)).argmax(1);
            const at::Tensor labels = labels_of(batch);
            correct += guess.eq(labels).sum().item<std::int64_t>();
            judged += labels.ge(0).sum().item<std::int64_t>(); // without those that are left out
        }
        return static_cast<double>(correct) / static_cast<double>(std::max<std::int64_t>(judged, 1));
    }

    static std::vector<std::int64_t> labelled(const shards::Dataset& dataset) {
        std::vector<std::int64_t> samples;
        for (std::size_t i = 0; i < dataset.labels().size(); ++i) {
            if (dataset.labels()[i] >= 0) {
                samples.push_back(static_cast<std::int64_t>(i));
            }
        }
        if (samples.empty()) {
            throw DataError(fmt::format("{}: split {} has no labels; fine-tuning needs them", dataset.info().path,
                                        dataset.info().split));
        }
        return samples;
    }

    const std::vector<FinetuneRow>& rows_;
    const shards::Dataset& train_;
    const shards::Dataset& test_;
    const FeatureOptions& images_;
    const FinetuneOptions& options_;
    std::int64_t classes_;
    std::int64_t per_class_;
    augment::Recipe augmentation_;
    augment::Recipe plain_;
};

/// Accuracy of every cell, computed by the ranks in turn, known to all.
std::vector<double> run_cells(const Trainer& trainer, const std::vector<Cell>& cells, dist::Communicator& comm) {
    at::Tensor accuracy = torch::zeros({static_cast<std::int64_t>(cells.size())}, torch::kFloat64);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (static_cast<std::int64_t>(i) % comm.size() == comm.rank()) {
            accuracy[static_cast<std::int64_t>(i)] = trainer.run(cells[i]);
        }
    }
    comm.all_reduce_sum(accuracy);
    const double* begin = accuracy.const_data_ptr<double>();
    return {begin, begin + accuracy.numel()};
}

struct ChosenRate {
    double lr = 0;
    double accuracy = 0; ///< on the held-out labels, mean over the selection draws; 0 if there was nothing to choose
};

std::vector<ChosenRate> choose_rates(const Trainer& trainer, std::size_t rows, const FinetuneOptions& options,
                                     dist::Communicator& comm) {
    std::vector<ChosenRate> chosen(rows, {options.lrs.front(), 0});
    if (options.lrs.size() == 1) {
        return chosen;
    }
    if (trainer.per_class() < 2) {
        throw ConfigError("eval.finetune: one label of each class leaves none to choose the learning rate on; "
                          "give a single rate in eval.finetune.lrs, or more labels");
    }
    const std::int64_t draws = std::min(options.selection_draws, options.draws);
    std::vector<Cell> cells;
    for (std::size_t row = 0; row < rows; ++row) {
        for (const double lr : options.lrs) {
            for (std::int64_t draw = 0; draw < draws; ++draw) {
                cells.push_back({row, lr, draw, true});
            }
        }
    }
    const std::vector<double> accuracy = run_cells(trainer, cells, comm);
    const auto block = static_cast<std::size_t>(draws);
    for (std::size_t first = 0; first < cells.size(); first += block) {
        double mean = 0;
        for (std::size_t i = first; i < first + block; ++i) {
            mean += accuracy[i] / static_cast<double>(block);
        }
        ChosenRate& best = chosen[cells[first].row];
        if (mean > best.accuracy) {
            best = {cells[first].lr, mean};
        }
    }
    return chosen;
}

ResultRow finished_row(const std::string& name, const ChosenRate& rate, const Trainer& trainer,
                       const FinetuneOptions& options) {
    ResultRow row;
    row.name = name;
    row.details["labels"] = static_cast<double>(trainer.per_class() * trainer.classes());
    row.details["labels per class"] = static_cast<double>(trainer.per_class());
    row.details["lr"] = rate.lr;
    row.details["epochs"] = static_cast<double>(options.epochs);
    if (options.lrs.size() > 1) {
        row.details["lr chosen on"] =
            fmt::format("{:g} % of the labels held out, {} rates tried, {} draw(s)", 100 * options.holdout,
                        options.lrs.size(), std::min(options.selection_draws, options.draws));
        row.details["held-out accuracy"] = rate.accuracy;
    }
    return row;
}

} // namespace

std::vector<ResultRow> finetune(const std::vector<FinetuneRow>& rows, const shards::Dataset& train,
                                const shards::Dataset& test, const FeatureOptions& images,
                                const FinetuneOptions& options, dist::Communicator& comm) {
    const Trainer trainer(rows, train, test, images, options);
    const std::vector<ChosenRate> rates = choose_rates(trainer, rows.size(), options, comm);
    std::vector<Cell> cells;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        for (std::int64_t draw = 0; draw < options.draws; ++draw) {
            cells.push_back({row, rates[row].lr, draw, false});
        }
    }
    const std::vector<double> accuracy = run_cells(trainer, cells, comm);
    std::vector<ResultRow> results;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        results.push_back(finished_row(rows[row].name, rates[row], trainer, options));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
        results[cells[i].row].draws.push_back(accuracy[i]);
    }
    for (ResultRow& result : results) {
        summarise_draws(result);
    }
    return results;
}

} // namespace tacit::eval
