// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/progress.hpp"
#include "pipeline/train/run/metrics.hpp"
#include "pipeline/train/run/run_folder.hpp"
#include "pipeline/train/run/tensorboard.hpp"
#include "pipeline/train/step/trainer.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace tacit::train {

/// What a run says while it trains: progress, metrics.jsonl, TensorBoard's events, pictures and the list of images left
/// out. None of it ends the run: what cannot be written is warned of and written later, or lost and said to be.
class RunTelemetry {
  public:
    /// `experiment`, `trainer` and `comm` must outlive it. `resumed`: the checkpoint that the run goes on from.
    RunTelemetry(Experiment& experiment, Trainer& trainer, const RunPaths& paths, dist::Communicator& comm,
                 const std::optional<Manifest>& resumed);

    /// Before the first step: the views as the trainer sees them.
    void begin();
    /// Collective, after each step. Throws DataError when more images are bad than data.max_bad_samples allows.
    void step_done(const StepResult& result);
    /// Collective. Pictures of what was learned and what could not be written before; after the last checkpoint.
    void end_pictures();
    /// The last state of the progress as a plain line.
    void finish() { progress_.finish(); }
    /// Fills in loss, seconds and window.
    void fill(Manifest& manifest) const;
    double loss() const { return loss_; }
    double seconds() const { return seconds_; }

  private:
    /// Sums of the timings since the last line of metrics; unlike MetricWindow they start anew on resume.
    struct TimingWindow {
        std::int64_t steps = 0;
        double seconds = 0;
        double wait_seconds = 0;
    };

    bool root() const { return comm_.rank() == 0; }
    MetricsLine current_line(double lr) const;
    void log_line(double lr);
    void write_view_sheet();

    Experiment& experiment_;
    Trainer& trainer_;
    RunPaths paths_;
    dist::Communicator& comm_;
    std::optional<MetricsWriter> metrics_; ///< on rank 0
    std::optional<EventWriter> events_;    ///< on rank 0
    Progress progress_;
    MetricWindow window_;
    TimingWindow timing_;
    double seconds_ = 0; ///< of training, earlier starts included
    double loss_ = 0;    ///< mean over the last logged window
    std::int64_t bad_samples_ = 0;
};

} // namespace tacit::train
