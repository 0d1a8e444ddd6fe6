// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/named_tensors.hpp"
#include "pipeline/train/state/manifest.hpp"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace tacit::train {

/// Writes the checkpoints of a run, on rank 0, by a thread of its own, while training goes on: those that the training
/// loop submits and, at the first request for a stop (signals.hpp), at once the state after the last whole step, where
/// a step is slow. A launcher may kill ranks a second after a signal (Open MPI's mpirun does on Ctrl-C), and a step may
/// take longer; then states are staged, which is all of writing but the last rename, while the next step runs.
class CheckpointWriter {
  public:
    /// Into `folder`, of which prune_checkpoints() leaves `keep`; `saved_step` is the newest whole one; 0: none.
    /// `before_write`, if any, is called before each checkpoint, on the writer's thread. `stages`: a stop leaves no
    /// time to write.
    CheckpointWriter(std::string folder, std::int64_t keep, std::int64_t saved_step,
                     std::function<void()> before_write = {}, bool stages = false);
    /// Waits for a checkpoint that was submitted.
    ~CheckpointWriter();
    CheckpointWriter(const CheckpointWriter&) = delete;
    CheckpointWriter& operator=(const CheckpointWriter&) = delete;

    /// Copies the state and returns; it is written and older checkpoints are pruned meanwhile, unless a stop wrote that
    /// step already. Waits first for the one before. One that cannot be written is a warning, since training goes on.
    void submit(Manifest manifest, const NamedTensors& model, const NamedTensors& optimizer);
    /// The same, and waits until it is on disk. Throws as stage_checkpoint(), publish_checkpoint() and `before_write`
    /// do.
    void write(Manifest manifest, const NamedTensors& model, const NamedTensors& optimizer);
    /// Whether a state that was submitted holds numbers that are not finite; it was not written.
    bool met_not_finite() const;
    /// Throws NotFiniteError where met_not_finite().
    void check() const;
    /// After a whole step of kSlowStep or more, which took `seconds`: copies what write() would write, to have it at a
    /// stop, and has it staged as often as that takes kStagingShare and kStagingTime of all steps. Never waits: while
    /// an earlier state is staged, that one stays.
    void remember(Manifest manifest, const NamedTensors& model, const NamedTensors& optimizer,
                  double seconds = kSlowStep);
    /// After a whole step that was faster: a stop waits for the next one's end.
    void forget();
    /// Step of the newest whole checkpoint; 0: none.
    std::int64_t saved_step() const;
    /// "the newest whole checkpoint is step-00000100", or that there is none.
    std::string newest() const;

    /// Seconds; a launcher waits at least four times as long before it kills.
    static constexpr double kSlowStep = 0.25;
    static constexpr double kStagingShare = 0.05; ///< of the steps' time, in processor time of the writer's thread
    static constexpr double kStagingTime = 0.5;   ///< of the steps' time

  private:
    /// What a checkpoint holds, in memory of its own.
    struct State {
        Manifest manifest;
        NamedTensors model;
        NamedTensors optimizer;
        bool whole = false; ///< else the memory waits for the next step
    };

    void take(Manifest&& manifest, const NamedTensors& model, const NamedTensors& optimizer, bool awaited);
    void save(const State& state);
    bool is_written(std::int64_t step) const;
    void serve();
    void write_submitted();
    void stage_last();
    void publish_staged();
    void keep_failure(const std::exception_ptr& failure);
    void answer_stop();

    std::string folder_;
    std::int64_t keep_;
    std::function<void()> before_write_;
    mutable std::mutex mutex_; ///< of all below, and held while a stop is answered
    std::condition_variable idle_;
    std::int64_t saved_step_;
    std::int64_t written_step_ = -1; ///< by this start of the run
    bool step_done_ = false;         ///< by this start of the run
    State last_;                     ///< `staging_`: the thread reads it without the lock
    bool stages_;
    bool staging_ = false;
    std::optional<std::int64_t> to_stage_; ///< step
    std::optional<std::int64_t> staged_;   ///< step; the writer's thread alone
    bool staging_failed_ = false;          ///< the last time; the writer's thread alone
    double staging_debt_ = 0;              ///< seconds of steps to come before the next may be staged
    State submitted_;                      ///< whole: the thread reads it without the lock
    bool awaited_ = false;                 ///< write() throws what went wrong
    std::exception_ptr failure_;
    std::string not_finite_;
    int work_;           ///< an eventfd: something was submitted
    int end_;            ///< an eventfd that ends the thread
    std::thread thread_; ///< last, because it uses all of the above
};

} // namespace tacit::train
