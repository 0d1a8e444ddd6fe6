// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/pretrain.hpp"

#include "dist/launch/launcher.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/train/machine/agreement.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/normalization.hpp"
#include "pipeline/train/run/environment.hpp"
#include "pipeline/train/run/run_folder.hpp"
#include "pipeline/train/state/resume.hpp"
#include "pipeline/train/step/trainer.hpp"
#include "pipeline/train/training_loop.hpp"

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace tacit::train {

namespace {

std::int64_t parameter_count(const torch::nn::Module& module) {
    std::int64_t count = 0;
    for (const at::Tensor& parameter : module.parameters()) {
        count += parameter.numel();
    }
    return count;
}

std::string summary(const Experiment& experiment, const dist::Communicator& comm) {
    const shards::DatasetInfo& info = experiment.dataset->info();
    const augment::ImageShape shape = experiment.recipe->output();
    return fmt::format("{}: {} images of {} ({}), {} view{} of {} x {} x {}, {:.2f} M parameters, {} steps of {} "
                       "images ({} an epoch), {}, {} thread{} a rank",
                       experiment.pretext_name, info.size, info.path, info.split, experiment.recipe->views(),
                       experiment.recipe->views() == 1 ? "" : "s", shape.height, shape.width, shape.channels,
                       static_cast<double>(parameter_count(*experiment.pretext)) / 1e6, experiment.total_steps,
                       experiment.train.batch, experiment.steps_per_epoch, comm.describe(), experiment.threads,
                       experiment.threads == 1 ? "" : "s");
}

void say_what_runs(const Experiment& experiment, const dist::Communicator& comm) {
    log::info(summary(experiment, comm));
    if (const std::string more = experiment.pretext->describe(); !more.empty()) {
        log::info(more);
    }
}

/// How ranks are asked for a stop that leaves them time to end; empty: Ctrl-C does.
std::string stop_advice(const PretrainOptions& options) {
    if (options.guarded) {
        return "";
    }
    return dist::stop_advice([](const char* name) { return std::getenv(name); }); // NOLINT(concurrency-mt-unsafe)
}

/// Which way of stopping loses nothing, said at the start, when it can still be chosen.
std::string how_to_stop(const std::string& advice) {
    return advice.empty() ? "Ctrl-C stops the run with a checkpoint; the same command goes on from it"
                          : "to stop the run with a checkpoint, from which the same command goes on: " + advice;
}

/// Median of the seconds that a few steps took, the first left out: it pays for what is made once.
double typical(std::vector<double> seconds) {
    if (seconds.size() > 1) {
        seconds.erase(seconds.begin());
    }
    std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2), seconds.end());
    return seconds[seconds.size() / 2];
}

/// --dry-run: all that a start checks, and a few steps to tell how long it would take.
ExitCode try_some_steps(Experiment& experiment, const PretrainOptions& options, dist::Communicator& comm) {
    constexpr std::int64_t kMostSteps = 6;
    constexpr double kLongEnough = 10; // seconds
    say_what_runs(experiment, comm);
    const std::int64_t begun = check_resume(experiment, options.resume, RunPaths(options.run_folder), comm);
    if (begun >= experiment.total_steps) {
        log::info("dry run: " + finished_text(options.run_folder, begun, experiment));
        return ExitCode::done;
    }
    Trainer trainer(experiment, comm);
    std::vector<double> seconds;
    StepResult result;
    do {
        result = trainer.step(std::accumulate(seconds.begin(), seconds.end(), 0.0) > kLongEnough);
        seconds.push_back(result.seconds);
    } while (trainer.steps_done() < std::min(kMostSteps, experiment.total_steps) &&
             !(result.save && seconds.size() > 1));
    if (comm.rank() == 0) {
        const double step = typical(seconds);
        const std::int64_t left = experiment.total_steps - begun;
        log::info(
            fmt::format("dry run: {} steps, {:.3g} s each, loss {:.4f}; nothing was written. {} {} steps would take "
                        "about {}, evaluation not counted",
                        seconds.size(), step, result.loss, begun > 0 ? "The remaining" : "All", left,
                        duration_text(step * static_cast<double>(left))));
    }
    return ExitCode::done;
}

/// The files of a run folder that say what is trained; every start writes them anew.
void describe_run(const config::Document& document, const Experiment& experiment, const PretrainOptions& options,
                  const dist::Communicator& comm) {
    const RunPaths paths(options.run_folder);
    make_folder(paths.checkpoints());
    write_file_atomically(paths.config(), document.resolved_yaml());
    write_normalization(paths.normalization(), {experiment.format.mean, experiment.format.std}, experiment.data,
                        experiment.dataset->info());
    write_permutations(paths, *experiment.recipe);
    write_file_atomically(paths.environment(), environment_json(comm, experiment.threads, options.command_line));
}

} // namespace

ExitCode pretrain(config::Document& document, const PretrainOptions& options, dist::Communicator& comm) {
    clear_stop();
    const StopSignals signals;
    Experiment experiment =
        build_experiment(document, comm, options.read_eval, RunPaths(options.run_folder).normalization());
    if (options.dry_run) {
        return try_some_steps(experiment, options, comm);
    }
    std::optional<RunLock> lock;
    on_root(comm, [&] { lock.emplace(options.run_folder); });
    Trainer trainer(experiment, comm);
    const RunPaths paths(options.run_folder);
    const auto resumed = resume(experiment, trainer, options.resume, paths, comm);
    if (resumed && resumed->step >= experiment.total_steps) {
        log::info(finished_text(options.run_folder, resumed->step, experiment));
        return ExitCode::done;
    }
    const std::string advice = stop_advice(options);
    on_root(comm, [&] {
        describe_run(document, experiment, options, comm);
        say_what_runs(experiment, comm);
        log::info(how_to_stop(advice));
    });
    const auto keep_folder = [&, losses = 0]() mutable {
        if (lock && lock->holds()) {
            return;
        }
        RunLock fresh(options.run_folder); // throws where another run has it; `lock` then stays lost
        lock.emplace(std::move(fresh));
        ++losses;
        log::warning(
            fmt::format("{} was removed or replaced while it was trained into{}; it is made anew, without what it "
                        "held before",
                        options.run_folder, losses > 1 ? fmt::format(" (time {})", losses) : ""));
        describe_run(document, experiment, options, comm);
    };
    return TrainingLoop(experiment, trainer, paths, comm, resumed, {options.on_step, keep_folder, !advice.empty()})
        .run();
}

} // namespace tacit::train
