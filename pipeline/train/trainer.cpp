// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/trainer.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/train/model_state.hpp"
#include "pipeline/train/precision.hpp"
#include "pipeline/train/signals.hpp"

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <chrono>
#include <cmath>
#include <fmt/format.h>

namespace tacit::train {

namespace {

double now_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

NamedTensors trained_parameters(const torch::nn::Module& module) {
    NamedTensors parameters;
    for (const auto& entry : module.named_parameters())
        if (entry.value().requires_grad())
            parameters.emplace_back(entry.key(), entry.value());
    return parameters;
}

loader::LoaderOptions loader_options(const Experiment& experiment, const dist::Communicator& comm) {
    loader::LoaderOptions options = loader::training_options(experiment.data, *experiment.dataset);
    options.seed = experiment.train.seed;
    options.global_batch = experiment.train.batch / experiment.train.accumulate;
    options.rank = comm.rank();
    options.ranks = comm.size();
    options.workers = experiment.workers;
    return options;
}

/// A pretext may draw from LibTorch's generator. Seeding it from the step makes that randomness a
/// function of (seed, step, rank) too, so that a checkpoint need not hold the generator's state.
void seed_step(std::uint64_t seed, std::int64_t step, int rank) {
    std::uint64_t mixed = seed * 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(step);
    mixed = (mixed ^ (mixed >> 31)) * 0xBF58476D1CE4E5B9ULL + static_cast<std::uint64_t>(rank);
    torch::manual_seed(mixed ^ (mixed >> 29));
}

/// Sums {metrics, wait, stop, save, bad samples} over ranks in one collective. The metrics' names are the same
/// everywhere.
void sum_over_ranks(StepResult& result, dist::Communicator& comm) {
    std::vector<double> values = {result.wait_seconds, result.stop ? 1.0 : 0.0, result.save ? 1.0 : 0.0,
                                  static_cast<double>(result.bad_samples)};
    for (const auto& entry : result.metrics)
        values.push_back(entry.second);
    at::Tensor packed = torch::tensor(values, torch::kFloat64);
    comm.all_reduce_sum(packed);
    const double* sums = packed.const_data_ptr<double>();
    result.wait_seconds = *sums++ / comm.size();
    result.stop = *sums++ > 0;
    result.save = *sums++ > 0;
    result.bad_samples = static_cast<std::int64_t>(*sums++);
    for (auto& entry : result.metrics)
        entry.second = *sums++;
}

} // namespace

Trainer::Trainer(Experiment& experiment, dist::Communicator& comm)
    : experiment_(experiment), comm_(comm), parameters_(trained_parameters(*experiment.pretext)),
      reducer_(parameters_, comm), optimizer_(parameters_, experiment.optim),
      loader_(*experiment.dataset, *experiment.recipe, loader_options(experiment, comm)) {}

const loader::Batch& Trainer::next_batch(std::int64_t micro) {
    const std::int64_t epoch = step_ / experiment_.steps_per_epoch;
    const std::int64_t batch = step_ % experiment_.steps_per_epoch * experiment_.train.accumulate + micro;
    if (epoch != loader_epoch_ || batch != loader_batch_)
        loader_.seek(epoch, batch);
    const loader::Batch& next = loader_.next();
    // Whole steps only: micro-batches left over at the end of an epoch are passed by with a seek.
    loader_epoch_ = epoch;
    loader_batch_ = batch + 1;
    if (loader_batch_ == loader_.batches_per_epoch()) {
        ++loader_epoch_;
        loader_batch_ = 0;
    }
    return next;
}

std::map<std::string, double> Trainer::forward_backward(std::int64_t micro) {
    const TrainConfig& train = experiment_.train;
    const loader::Batch& batch = next_batch(micro);
    const models::PretextInput input = pretext_input(batch, experiment_.format, train.batch / train.accumulate);
    models::PretextLoss result;
    {
        const Autocast autocast(train.precision == "bf16", experiment_.format.device.type());
        result = experiment_.pretext->loss(input);
    }
    const double scale = 1.0 / static_cast<double>(train.accumulate);
    const at::Tensor loss = train.accumulate == 1 ? result.loss : result.loss * scale;
    loss.backward();
    std::map<std::string, double> shares = {{"loss", loss.item<double>()}};
    for (const auto& [name, value] : result.metrics)
        shares[name] = value * scale;
    return shares;
}

StepResult Trainer::step(bool save) {
    const TrainConfig& train = experiment_.train;
    const double begun = now_seconds();
    const double waited = loader_.stats().wait_seconds;
    seed_step(train.seed, step_, comm_.rank());
    experiment_.pretext->train();
    reducer_.zero();
    StepResult result;
    result.save = save;
    for (std::int64_t micro = 0; micro < train.accumulate; ++micro)
        for (const auto& [name, share] : forward_backward(micro))
            result.metrics[name] += share;
    result.wait_seconds = loader_.stats().wait_seconds - waited;
    result.stop = stop_requested();
    result.bad_samples = static_cast<std::int64_t>(loader_.bad_samples().size());
    sum_over_ranks(result, comm_);
    if (const double loss = result.metrics["loss"]; !std::isfinite(loss))
        throw NotFiniteError(
            fmt::format("the loss is {} at step {} (epoch {:.2f})", loss, step_ + 1,
                        static_cast<double>(step_) / static_cast<double>(experiment_.steps_per_epoch)));
    reducer_.reduce();
    const double lr =
        learning_rate(experiment_.optim, step_, experiment_.steps_per_epoch, experiment_.total_steps, train.batch);
    optimizer_.step(lr);
    ++step_;
    result.metrics["lr"] = lr;
    result.seconds = now_seconds() - begun;
    return result;
}

models::PretextInput Trainer::sample(std::int64_t step, std::int64_t count) {
    const std::int64_t current = step_;
    step_ = step;
    const loader::Batch& batch = next_batch(0);
    step_ = current;
    return pretext_input(batch, experiment_.format, 0, count);
}

} // namespace tacit::train
