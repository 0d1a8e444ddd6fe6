// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/train/manifest.hpp"
#include "pipeline/train/optim/optimizer.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace tacit::train {

/// Writes the checkpoints of a run, on rank 0: those that the training loop asks for and, at the first request for a
/// stop (signals.hpp), at once the state after the last whole step, where a step is slow. A launcher may kill ranks a
/// second after a signal (Open MPI's mpirun does on Ctrl-C), and a step may take longer. A thread of its own waits for
/// the request.
class CheckpointWriter {
  public:
    /// Into `folder`, of which prune_checkpoints() leaves `keep`; `saved_step` is the newest whole one; 0: none.
    /// `before_write`, if any, is called before each checkpoint, on either thread, one at a time.
    CheckpointWriter(std::string folder, std::int64_t keep, std::int64_t saved_step,
                     std::function<void()> before_write = {});
    ~CheckpointWriter();
    CheckpointWriter(const CheckpointWriter&) = delete;
    CheckpointWriter& operator=(const CheckpointWriter&) = delete;

    /// Writes and prunes, unless a stop wrote that step already. Throws as write_checkpoint() and `before_write` do.
    void write(const Manifest& manifest, const NamedTensors& model, const NamedTensors& optimizer);
    /// After a whole step of kSlowStep or more: copies what write() would write, to have it at a stop.
    void remember(Manifest manifest, const NamedTensors& model, const NamedTensors& optimizer);
    /// After a whole step that was faster: a stop waits for the next one's end.
    void forget();
    /// Step of the newest whole checkpoint; 0: none.
    std::int64_t saved_step() const;
    /// "the newest whole checkpoint is step-00000100", or that there is none.
    std::string newest() const;

    /// Seconds; a launcher waits at least four times as long before it kills.
    static constexpr double kSlowStep = 0.25;

  private:
    /// What a checkpoint holds, in memory of its own.
    struct State {
        Manifest manifest;
        NamedTensors model;
        NamedTensors optimizer;
        bool whole = false; ///< else the memory waits for the next step
    };

    void write_locked(const Manifest& manifest, const NamedTensors& model, const NamedTensors& optimizer);
    void watch();
    void answer_stop();

    std::string folder_;
    std::int64_t keep_;
    std::function<void()> before_write_;
    mutable std::mutex mutex_; ///< of all below, and held while a checkpoint is written
    std::int64_t saved_step_;
    std::int64_t written_step_ = -1; ///< by this start of the run
    bool step_done_ = false;         ///< by this start of the run
    State last_;
    int end_;            ///< an eventfd that ends the thread
    std::thread thread_; ///< last, because it uses all of the above
};

} // namespace tacit::train
