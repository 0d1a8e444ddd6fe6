// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "dist/gradient_reducer.hpp"
#include "pipeline/loader/loader.hpp"
#include "pipeline/train/experiment.hpp"
#include "pipeline/train/optimizer.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace tacit::train {

/// What one optimiser step gave, the same on every rank.
struct StepResult {
    std::map<std::string, double> metrics; ///< of the global batch: "loss", "lr" and what the pretext logs
    double seconds = 0;                    ///< wall time of the step on this rank
    double wait_seconds = 0;               ///< of it, waiting for data; mean over ranks
    bool stop = false;                     ///< some rank was asked to stop (signals.hpp)
    bool save = false;                     ///< some rank wished for a checkpoint
    std::int64_t bad_samples = 0;          ///< images that ranks left out so far, each rank's counted
};

/// The optimiser steps of an experiment, one call each. It never asks which pretext it trains.
class Trainer {
  public:
    /// Collective. `experiment` and `comm` must outlive the trainer.
    Trainer(Experiment& experiment, dist::Communicator& comm);

    /// Collective: micro-batches forward and backward, gradients summed over ranks, optimiser step.
    /// `save`: this rank wishes for a checkpoint after it. Throws NotFiniteError on every rank alike, before the
    /// optimiser moves, when the loss is not finite.
    StepResult step(bool save = false);
    /// Steps completed; the next step is this one (0-based).
    std::int64_t steps_done() const { return step_; }
    /// Continue at `step`; nothing is replayed.
    void seek(std::int64_t step) { step_ = step; }

    /// The first `count` samples of this rank that step `step` trains on, exactly as it sees them.
    models::PretextInput sample(std::int64_t step, std::int64_t count);

    Optimizer& optimizer() { return optimizer_; }
    loader::LoaderStats loader_stats() const { return loader_.stats(); }
    /// Images that this rank left out.
    std::vector<loader::BadSample> bad_samples() const { return loader_.bad_samples(); }

  private:
    const loader::Batch& next_batch(std::int64_t micro);
    std::map<std::string, double> forward_backward(std::int64_t micro);

    Experiment& experiment_;
    dist::Communicator& comm_;
    NamedTensors parameters_;
    dist::GradientReducer reducer_;
    Optimizer optimizer_;
    loader::Loader loader_;
    std::int64_t step_ = 0;
    std::int64_t loader_epoch_ = 0; ///< where the loader's next batch is
    std::int64_t loader_batch_ = 0;
};

} // namespace tacit::train
