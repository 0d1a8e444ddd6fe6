// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"
#include "pipeline/train/run/run_telemetry.hpp"
#include "pipeline/train/state/checkpoint_writer.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace tacit::train {

/// What the loop asks of those who started it.
struct LoopHooks {
    std::function<void(std::int64_t)> on_step; ///< on every rank, after each step, with their number; may be empty
    std::function<void()> keep_folder; ///< on rank 0, before a checkpoint, on the thread that writes it; may be empty
    bool killed_soon = false;          ///< who asks for a stop may kill ranks a second later
};

/// One start of a run: from a fresh model or a checkpoint to the end or a stop. Collective in every call.
class TrainingLoop {
  public:
    TrainingLoop(Experiment& experiment, Trainer& trainer, const RunPaths& paths, dist::Communicator& comm,
                 const std::optional<Manifest>& resumed, LoopHooks hooks);
    /// done or requeue, with a checkpoint of the state. Throws Error when that cannot be written, and when the loss or
    /// the weights are no longer finite numbers.
    ExitCode run();

  private:
    bool root() const { return comm_.rank() == 0; }
    StepResult step();
    [[noreturn]] void diverged(const std::string& what) const;
    Manifest manifest() const;
    void keep_in_memory(double seconds);
    bool checkpoint_is_due(const StepResult& result) const;
    void save();
    void save_now();
    ExitCode stopped();
    ExitCode finished();

    Experiment& experiment_;
    Trainer& trainer_;
    RunPaths paths_;
    dist::Communicator& comm_;
    LoopHooks hooks_;
    RunTelemetry telemetry_;
    std::optional<CheckpointWriter> checkpoints_; ///< on rank 0
    std::chrono::steady_clock::time_point saved_at_ = std::chrono::steady_clock::now();
};

} // namespace tacit::train
