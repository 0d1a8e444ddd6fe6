// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/training_loop.hpp"

#include "models/modules.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/reason.hpp"
#include "pipeline/train/machine/agreement.hpp"
#include "pipeline/train/state/checkpoint.hpp"
#include "pipeline/train/state/model_state.hpp"
#include "pipeline/train/state/resume.hpp"

#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <system_error>
#include <utility>

namespace tacit::train {

namespace {

constexpr const char* kDivergedRemedy = "train into another run folder with a lower optim.lr, a longer "
                                        "optim.warmup_epochs, or train.precision fp32";

/// Step of the checkpoint in the run folder that was resumed; 0: none, or it lies elsewhere (--resume).
std::int64_t step_on_disk(const RunPaths& paths, const std::optional<Manifest>& resumed) {
    std::error_code error;
    const bool here =
        resumed && std::filesystem::exists(paths.checkpoints() + "/" + checkpoint_name(resumed->step), error);
    return here ? resumed->step : 0;
}

} // namespace

TrainingLoop::TrainingLoop(Experiment& experiment, Trainer& trainer, const RunPaths& paths, dist::Communicator& comm,
                           const std::optional<Manifest>& resumed, LoopHooks hooks)
    : experiment_(experiment), trainer_(trainer), paths_(paths), comm_(comm), hooks_(std::move(hooks)),
      telemetry_(experiment, trainer, paths, comm, resumed) {
    if (root()) {
        checkpoints_.emplace(paths_.checkpoints(), experiment.checkpoint.keep, step_on_disk(paths_, resumed),
                             hooks_.keep_folder, hooks_.killed_soon);
    }
}

/// The next step, with rank 0's wish for a checkpoint after it. Gradients that are no finite numbers, again and
/// again, end the run, since each restart would only meet them again.
StepResult TrainingLoop::step() {
    const double minutes = experiment_.checkpoint.every_minutes;
    const std::chrono::duration<double, std::ratio<60>> since = std::chrono::steady_clock::now() - saved_at_;
    const bool wanted = root() && ((minutes > 0 && since.count() >= minutes) || checkpoints_->met_not_finite());
    try {
        return trainer_.step(wanted);
    } catch (const NotFiniteError& error) {
        on_root(comm_, [&] { diverged(error.what()); });
        throw;
    }
}

void TrainingLoop::diverged(const std::string& what) const {
    throw Error(fmt::format("{}; training stops; {}; {}", what, checkpoints_->newest(), kDivergedRemedy));
}

Manifest TrainingLoop::manifest() const {
    Manifest manifest = manifest_of(experiment_, comm_);
    manifest.step = trainer_.steps_done();
    manifest.epoch = manifest.step / experiment_.steps_per_epoch;
    manifest.batch = manifest.step % experiment_.steps_per_epoch;
    manifest.skipped = trainer_.skipped();
    telemetry_.fill(manifest);
    return manifest;
}

/// Before the next step, in case a stop cannot wait for its end.
void TrainingLoop::keep_in_memory(double seconds) {
    if (!root()) {
        return;
    }
    if (seconds < CheckpointWriter::kSlowStep) {
        checkpoints_->forget();
    } else {
        checkpoints_->remember(manifest(), models::model_state(*experiment_.pretext), trainer_.optimizer().state(),
                               seconds);
    }
}

bool TrainingLoop::checkpoint_is_due(const StepResult& result) const {
    const CheckpointConfig& config = experiment_.checkpoint;
    const std::int64_t done = trainer_.steps_done();
    const std::int64_t of_epochs = config.epoch_interval(experiment_.steps_per_epoch);
    return result.save || (config.every_steps > 0 && done % config.every_steps == 0) ||
           (of_epochs > 0 && done % of_epochs == 0);
}

/// A checkpoint that is written while training goes on.
void TrainingLoop::save() {
    saved_at_ = std::chrono::steady_clock::now();
    on_root(comm_, [&] {
        try {
            checkpoints_->check(); // the one before
            checkpoints_->submit(manifest(), models::model_state(*experiment_.pretext), trainer_.optimizer().state());
        } catch (const NotFiniteError& error) {
            diverged(error.what());
        }
    });
}

/// A checkpoint that is on disk afterwards.
void TrainingLoop::save_now() {
    on_root(comm_, [&] {
        try {
            checkpoints_->write(manifest(), models::model_state(*experiment_.pretext), trainer_.optimizer().state());
        } catch (const NotFiniteError& error) {
            diverged(fmt::format("after step {}: {}", trainer_.steps_done(), error.what()));
        } catch (const std::exception& error) {
            throw IoError(fmt::format("{}; {}", reason_of(error), checkpoints_->newest()));
        }
    });
}

ExitCode TrainingLoop::stopped() {
    save_now();
    telemetry_.finish();
    if (root()) {
        log::info(fmt::format("stopped by a signal at step {} of {}; {} is written and the same command goes on "
                              "from it (exit code {})",
                              trainer_.steps_done(), experiment_.total_steps, checkpoint_name(trainer_.steps_done()),
                              static_cast<int>(ExitCode::requeue)));
    }
    return ExitCode::requeue;
}

ExitCode TrainingLoop::finished() {
    if (const std::int64_t skipped = trainer_.skipped(); skipped > 0) {
        on_root(comm_, [&] {
            diverged(fmt::format("the last {} of {} steps moved nothing, because their loss or gradient was no finite "
                                 "number",
                                 skipped, trainer_.steps_done()));
        });
    }
    save_now(); // first: pictures may fail, and what was trained must not hang on them
    if (root()) {
        checkpoints_->forget();
    }
    telemetry_.end_pictures();
    telemetry_.finish();
    if (root()) {
        log::info(fmt::format("finished: {} steps, loss {:.4f}, {} of training; see {}", experiment_.total_steps,
                              telemetry_.loss(), duration_text(telemetry_.seconds()), paths_.folder));
    }
    return ExitCode::done;
}

ExitCode TrainingLoop::run() {
    telemetry_.begin();
    while (trainer_.steps_done() < experiment_.total_steps) {
        const StepResult result = step();
        if (result.skipped && root()) {
            log::warning(fmt::format("step {} moved nothing, because its loss or gradient is no finite number; {} in a "
                                     "row, train.max_skipped allows {}",
                                     trainer_.steps_done(), trainer_.skipped(), experiment_.train.max_skipped));
        }
        telemetry_.step_done(result);
        const std::int64_t done = trainer_.steps_done();
        if (hooks_.on_step) {
            hooks_.on_step(done);
        }
        if (done == experiment_.total_steps) {
            break;
        }
        if (result.stop) {
            return stopped();
        }
        keep_in_memory(result.seconds);
        if (checkpoint_is_due(result)) {
            save();
        }
    }
    return finished();
}

} // namespace tacit::train
