// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/step/trainer.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/state/model_state.hpp"
#include "pipeline/train/step/grad_cache.hpp"

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace tacit::train {

namespace {

double now_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// `memory`: of the batches; nullptr: any.
loader::LoaderOptions loader_options(const Experiment& experiment, const dist::Communicator& comm,
                                     std::pmr::memory_resource* memory) {
    loader::LoaderOptions options = loader::training_options(experiment.data, *experiment.dataset);
    options.memory = memory == nullptr ? options.memory : memory;
    options.seed = experiment.train.seed;
    options.batches_together = experiment.train.accumulate; // else the workers would have to start anew each epoch
    options.global_batch = experiment.train.batch / experiment.train.accumulate;
    options.rank = comm.rank();
    options.ranks = comm.size();
    options.workers = experiment.workers;
    return options;
}

} // namespace

Trainer::Trainer(Experiment& experiment, dist::Communicator& comm)
    : experiment_(experiment), comm_(comm), metrics_(*experiment.pretext, comm),
      groups_(make_groups(*experiment.pretext, comm)), optimizer_([&] {
          std::vector<models::ParameterGroup> parameters;
          for (const Group& group : groups_) {
              parameters.push_back(group.parameters);
          }
          return make_optimizer(parameters, experiment.optim);
      }()),
      lr_(experiment.optim.learning_rate(experiment.train.batch)),
      memory_(experiment.format.device.is_cuda() ? std::make_unique<PinnedMemory>() : nullptr),
      loader_(*experiment.dataset, *experiment.recipe, loader_options(experiment, comm, memory_.get())),
      feed_([this](BatchPlace place) -> const loader::Batch& { return batch_at(place); },
            [this] { return loader_.ready(); }, experiment.format, make_copy_queue(experiment.format.device)),
      graph_(experiment.make_graph, experiment.train.cuda_graph == "on",
             [this](const models::PretextInput& batch) { return pass(batch); }) {}

std::vector<Trainer::Group> Trainer::make_groups(models::Pretext& pretext, dist::Communicator& comm) {
    std::vector<Group> groups;
    for (models::ParameterGroup& group : pretext.groups()) {
        dist::GradientReducer reducer(group.tensors, comm);
        groups.push_back({std::move(group), std::move(reducer), {}});
    }
    return groups;
}

/// Before the first step, which then begins with the first batch again.
void Trainer::show_data() {
    const torch::NoGradGuard no_gradient;
    models::TrainingData data;
    data.mean = experiment_.format.mean;
    data.std = experiment_.format.std;
    data.batches = loader_.batches_per_epoch();
    data.batch = [this](std::int64_t batch) {
        comm_.sign_of_life();
        models::PretextInput input = feed_.take({0, batch}, micro_batch());
        input.at = context();
        return input;
    };
    experiment_.pretext->look_at(data);
}

models::StepContext Trainer::context() const {
    models::StepContext at;
    at.step = step_;
    at.total_steps = experiment_.total_steps;
    at.steps_per_epoch = experiment_.steps_per_epoch;
    at.seed = experiment_.train.seed;
    return at;
}

BatchPlace Trainer::place_of(std::int64_t step, std::int64_t micro) const {
    const std::int64_t epoch = step / experiment_.steps_per_epoch;
    return {epoch, step % experiment_.steps_per_epoch * experiment_.train.accumulate + micro};
}

const loader::Batch& Trainer::batch_at(BatchPlace place) {
    if (place != loader_place_) {
        loader_.seek(place.epoch, place.batch);
    }
    const loader::Batch& next = loader_.next();
    loader_place_ = {place.epoch, place.batch + 1};
    if (loader_place_.batch == loader_.batches_per_epoch()) {
        loader_place_ = {place.epoch + 1, 0};
    }
    return next;
}

std::int64_t Trainer::micro_batch() const {
    return experiment_.train.batch / experiment_.train.accumulate;
}

/// Micro-batches of a step are read once, in order; where they are needed again they are kept.
const models::PretextInput& Trainer::input(std::int64_t micro) {
    const auto place = static_cast<std::size_t>(micro);
    if (place < inputs_.size()) {
        return inputs_[place];
    }
    if (experiment_.pretext->updates().size() == 1 && !experiment_.train.grad_cache && !repeats_input_) {
        inputs_.clear();
    }
    inputs_.push_back(feed_.take(place_of(step_, micro), micro_batch()));
    return inputs_.back();
}

/// The device has work now: it can be given the micro-batch after this one meanwhile.
void Trainer::prepare_after(std::int64_t micro) {
    if (repeats_input_) {
        return;
    }
    const bool last = micro + 1 == experiment_.train.accumulate;
    if (!last && micro + 1 < static_cast<std::int64_t>(inputs_.size())) {
        return; // an earlier update read it
    }
    if (!last || step_ + 1 < experiment_.total_steps) {
        feed_.prepare(last ? place_of(step_ + 1, 0) : place_of(step_, micro + 1), micro_batch());
    }
}

/// Gradients flow into the groups of this update alone: what belongs to another player is passed through.
void Trainer::choose_groups(const models::StepContext& at) {
    for (Group& group : groups_) {
        group.plan = experiment_.pretext->plan(group.parameters, at);
        group.live = group.parameters.update == at.update && group.plan.train;
        for (const auto& [name, tensor] : group.parameters.tensors) {
            if (tensor.requires_grad() != group.live) {
                tensor.set_requires_grad(group.live);
            }
        }
        if (group.live) {
            group.reducer.zero();
        }
    }
}

Autocast Trainer::precision() const {
    return Autocast(experiment_.train.precision == "bf16", experiment_.format.device.type());
}

void Trainer::note(const models::PretextLoss& result, const models::StepContext& at, double scale) {
    metrics_.add(loss_name(at.update), result.loss.to(torch::kDouble) * scale);
    for (const auto& [name, value] : result.metrics) {
        metrics_.add(name, value.detach().to(torch::kDouble) * scale);
    }
}

/// Forward and backward of one micro-batch.
models::PretextLoss Trainer::pass(const models::PretextInput& batch) {
    models::PretextLoss result;
    {
        const Autocast autocast = precision();
        experiment_.pretext->backbone().begin_step(batch.at, batch.ids);
        result = experiment_.pretext->loss(batch);
    }
    if (result.loss.requires_grad()) { // else all that this update trains is frozen in this step
        const std::int64_t count = experiment_.train.accumulate;
        (count == 1 ? result.loss : result.loss * (1.0 / static_cast<double>(count))).backward();
    }
    result.loss = result.loss.detach();
    return result;
}

void Trainer::forward_backward(const models::StepContext& at) {
    const TrainConfig& train = experiment_.train;
    if (models::EmbeddingLoss* halves = experiment_.pretext->halves(); train.grad_cache && halves != nullptr) {
        note(cached_pass(*halves, at), at, 1);
        return;
    }
    std::vector<bool> live;
    for (const Group& group : groups_) {
        live.push_back(group.live);
    }
    for (std::int64_t micro = 0; micro < train.accumulate; ++micro) {
        models::PretextInput batch = input(micro);
        batch.at = at;
        note(graph_.run(batch, live), at, 1.0 / static_cast<double>(train.accumulate));
        prepare_after(micro);
    }
}

models::PretextLoss Trainer::cached_pass(models::EmbeddingLoss& halves, const models::StepContext& at) {
    const auto embed = [&](std::int64_t micro) {
        const Autocast autocast = precision();
        models::PretextInput batch = input(micro);
        batch.at = at;
        experiment_.pretext->backbone().begin_step(at, batch.ids);
        return halves.embed(batch);
    };
    const auto compare = [&](const std::vector<at::Tensor>& embeddings) {
        const Autocast autocast = precision();
        return halves.compare(embeddings);
    };
    return cached_forward_backward(
        {experiment_.train.accumulate, embed, compare, [this](std::int64_t micro) { prepare_after(micro); }});
}

/// Norms of the live groups' buckets, one after the other, on the device.
at::Tensor Trainer::reduce_gradients() {
    std::vector<at::Tensor> norms;
    for (Group& group : groups_) {
        if (group.live) {
            group.reducer.reduce();
            if (group.reducer.buckets() > 0) {
                norms.push_back(group.reducer.bucket_norms());
            }
        }
    }
    return norms.empty() ? at::Tensor() : torch::cat(norms);
}

/// Of the gradient of this update; `norms`: what reduce_gradients() gave, on the host.
double Trainer::gradient_norm(const at::Tensor& norms) const {
    double squares = 0;
    std::int64_t place = 0;
    for (const Group& group : groups_) {
        if (group.live) {
            const auto count = static_cast<std::int64_t>(group.reducer.buckets());
            squares += std::pow(dist::GradientReducer::norm_of(norms.narrow(0, place, count)), 2);
            place += count;
        }
    }
    return std::sqrt(squares);
}

void Trainer::move(const models::StepContext& at) {
    const OptimConfig& optim = experiment_.optim;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
        const Group& group = groups_[i];
        if (group.live) {
            optimizer_->step(i, {lr_.at(at) * group.parameters.lr_scale * group.plan.lr_scale,
                                 optim.weight_decay.at(at), optim.momentum.at(at)});
        }
    }
}

void Trainer::make_update(const models::StepContext& at, StepResult& result) {
    choose_groups(at);
    const double waited = loader_.stats().wait_seconds;
    forward_backward(at);
    std::array<double, 4> of_ranks = {loader_.stats().wait_seconds - waited, stop_requested() ? 1.0 : 0.0,
                                      result.save ? 1.0 : 0.0, static_cast<double>(loader_.bad_samples().size())};
    at::Tensor norms = reduce_gradients();
    const auto metrics = metrics_.sum(of_ranks, norms); // the one wait for the device
    result.wait_seconds += of_ranks[0] / comm_.size();
    result.stop = of_ranks[1] > 0;
    result.save = of_ranks[2] > 0;
    result.bad_samples = static_cast<std::int64_t>(of_ranks[3]);
    result.metrics.insert(metrics.begin(), metrics.end());
    const double loss = metrics.at(loss_name(at.update));
    const double norm = gradient_norm(norms);
    if (at.update == "main") {
        result.loss = loss;
        result.metrics["grad_norm"] = norm;
    }
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
        result.skipped = true;
        return;
    }
    if (const double most = experiment_.optim.clip_norm; most > 0 && norm > most) {
        for (Group& group : groups_) {
            if (group.live) {
                group.reducer.scale(most / norm);
            }
        }
    }
    move(at);
}

StepResult Trainer::step(bool save) {
    const double begun = now_seconds();
    models::StepContext at = context();
    torch::manual_seed(at.seed + static_cast<std::uint64_t>(at.step)); // for what ignores the rule of draws.hpp
    experiment_.pretext->train();
    if (step_ == 0) {
        show_data();
    }
    experiment_.pretext->before_step(at);
    if (!repeats_input_) {
        inputs_.clear();
    }
    StepResult result;
    result.save = save;
    result.lr = lr_.at(at);
    for (const std::string& update : experiment_.pretext->updates()) {
        at.update = update;
        if (result.skipped || !experiment_.pretext->is_due(at)) {
            continue;
        }
        make_update(at, result);
    }
    ++step_;
    result.seconds = now_seconds() - begun;
    if (result.skipped) {
        result.metrics.clear();
        if (++skipped_ > experiment_.train.max_skipped) {
            throw NotFiniteError(
                fmt::format("the loss is {} at step {} (epoch {:.2f}){}", result.loss, step_, at.epoch(),
                            skipped_ > 1 ? fmt::format(", and so were loss or gradient of the {} steps "
                                                       "before",
                                                       skipped_ - 1)
                                         : std::string()));
        }
        return result;
    }
    skipped_ = 0;
    result.metrics["lr"] = result.lr;
    at.update = "main";
    const torch::NoGradGuard no_gradient;
    experiment_.pretext->after_step(at);
    return result;
}

models::PretextInput Trainer::sample(std::int64_t step, std::int64_t count) {
    models::PretextInput input = feed_.take(place_of(step, 0), 0, count);
    input.at = context();
    input.at.step = step;
    return input;
}

} // namespace tacit::train
