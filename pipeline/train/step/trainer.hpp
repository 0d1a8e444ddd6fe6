// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "dist/gradient_reducer.hpp"
#include "models/step/schedule.hpp"
#include "pipeline/loader/loader.hpp"
#include "pipeline/train/experiment.hpp"
#include "pipeline/train/input_feed.hpp"
#include "pipeline/train/optim/optimizer.hpp"
#include "pipeline/train/pinned_memory.hpp"
#include "pipeline/train/step/precision.hpp"
#include "pipeline/train/step/step_graph.hpp"
#include "pipeline/train/step/step_metrics.hpp"

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tacit::train {

/// What one step gave, the same on every rank.
struct StepResult {
    /// Of the global batch: "loss", for other updates than main "loss_<update>", "lr", "grad_norm" (before clipping)
    /// and the pretext's. Empty when the step was left out.
    std::map<std::string, double> metrics;
    double loss = std::nan(""); ///< of update main, if it was due; maybe not finite where the step was left out
    double lr = 0;
    bool skipped = false;         ///< the parameters did not move, because loss or gradient were no finite numbers
    double seconds = 0;           ///< wall time of the step on this rank
    double wait_seconds = 0;      ///< of it, waiting for data; mean over ranks
    bool stop = false;            ///< some rank was asked to stop (signals.hpp)
    bool save = false;            ///< some rank wished for a checkpoint
    std::int64_t bad_samples = 0; ///< images that ranks left out so far, each rank's counted
};

/// The optimiser steps of an experiment, one call each. It never asks which pretext it trains.
class Trainer {
  public:
    /// Collective. `experiment` and `comm` must outlive the trainer.
    Trainer(Experiment& experiment, dist::Communicator& comm);

    /// Collective: every update of the pretext that is due: micro-batches forward and backward, gradients summed over
    /// ranks, optimiser step; then the pretext's after_step(). `save`: this rank wishes for a checkpoint after it.
    /// An update whose loss or gradient is no finite number moves nothing and ends the step. Throws NotFiniteError on
    /// every rank alike after more than train.max_skipped of them in a row.
    StepResult step(bool save = false);
    /// Steps completed; the next step is this one (0-based).
    std::int64_t steps_done() const { return step_; }
    /// Steps in a row up to now that were left out.
    std::int64_t skipped() const { return skipped_; }
    /// Continue at `step`, after `skipped` steps in a row that were left out; nothing is replayed.
    void seek(std::int64_t step, std::int64_t skipped) {
        step_ = step;
        skipped_ = skipped;
    }

    /// The first `count` samples of this rank that step `step` trains on, exactly as it sees them.
    models::PretextInput sample(std::int64_t step, std::int64_t count);

    /// From now on every step trains on the micro-batches of the next one, so that it costs no loading: for
    /// measurements.
    void repeat_input() { repeats_input_ = true; }
    /// Whether the last step was replayed from a recording.
    bool recorded() const { return graph_.recorded(); }

    Optimizer& optimizer() { return *optimizer_; }
    loader::LoaderStats loader_stats() const { return loader_.stats(); }
    /// Images that this rank left out.
    std::vector<loader::BadSample> bad_samples() const { return loader_.bad_samples(); }

  private:
    /// Parameters that are trained by one update under one plan, with their gradients.
    struct Group {
        models::ParameterGroup parameters;
        dist::GradientReducer reducer;
        models::GroupPlan plan;
        bool live = false; ///< in the update that is made
    };

    static std::vector<Group> make_groups(models::Pretext& pretext, dist::Communicator& comm);
    void show_data();
    models::StepContext context() const;
    BatchPlace place_of(std::int64_t step, std::int64_t micro) const;
    const loader::Batch& batch_at(BatchPlace place);
    std::int64_t micro_batch() const;
    const models::PretextInput& input(std::int64_t micro);
    void prepare_after(std::int64_t micro);
    void choose_groups(const models::StepContext& at);
    Autocast precision() const;
    models::PretextLoss pass(const models::PretextInput& batch);
    void forward_backward(const models::StepContext& at);
    models::PretextLoss cached_pass(models::EmbeddingLoss& halves, const models::StepContext& at);
    void note(const models::PretextLoss& result, const models::StepContext& at, double scale);
    at::Tensor reduce_gradients();
    double gradient_norm(const at::Tensor& norms) const;
    void move(const models::StepContext& at);
    void make_update(const models::StepContext& at, StepResult& result);

    Experiment& experiment_;
    dist::Communicator& comm_;
    StepMetrics metrics_;
    std::vector<Group> groups_;
    std::unique_ptr<Optimizer> optimizer_;
    models::Schedule lr_;
    std::unique_ptr<PinnedMemory> memory_; ///< of the loader's batches; nullptr: not pinned
    loader::Loader loader_;
    BatchPlace loader_place_; ///< where the loader's next batch is
    InputFeed feed_;
    StepGraph graph_;
    std::vector<models::PretextInput> inputs_; ///< micro-batches of this step, kept for the updates to come
    bool repeats_input_ = false;
    std::int64_t step_ = 0;
    std::int64_t skipped_ = 0;
};

} // namespace tacit::train
