// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/pretrain.hpp"

#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/train/agreement.hpp"
#include "pipeline/train/bad_sample_list.hpp"
#include "pipeline/train/checkpoint.hpp"
#include "pipeline/train/environment.hpp"
#include "pipeline/train/metrics.hpp"
#include "pipeline/train/model_state.hpp"
#include "pipeline/train/normalization.hpp"
#include "pipeline/train/pictures.hpp"
#include "pipeline/train/resume.hpp"
#include "pipeline/train/run_folder.hpp"
#include "pipeline/train/signals.hpp"
#include "pipeline/train/tensorboard.hpp"
#include "pipeline/train/trainer.hpp"

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <filesystem>
#include <fmt/format.h>
#include <optional>

namespace tacit::train {

namespace {

constexpr std::int64_t kPictureRows = 8;

std::int64_t parameter_count(const torch::nn::Module& module) {
    std::int64_t count = 0;
    for (const at::Tensor& parameter : module.parameters())
        count += parameter.numel();
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

/// Sums of the timings since the last line of metrics; unlike MetricWindow they start anew on resume.
struct TimingWindow {
    std::int64_t steps = 0;
    double seconds = 0;
    double wait_seconds = 0;
};

/// One start of a run: from a fresh model or a checkpoint to the end or a stop.
class RunStart {
  public:
    RunStart(Experiment& experiment, Trainer& trainer, const PretrainOptions& options, dist::Communicator& comm,
             const std::optional<Manifest>& resumed);
    ExitCode run();

  private:
    bool root() const { return comm_.rank() == 0; }
    void write_view_sheet();
    void write_pretext_pictures();
    void record(const StepResult& result);
    MetricsLine current_line(double lr) const;
    void log_line(double lr);
    void save(bool must_succeed);
    ExitCode stopped();
    ExitCode finished();

    Experiment& experiment_;
    Trainer& trainer_;
    const PretrainOptions& options_;
    dist::Communicator& comm_;
    RunPaths paths_;
    std::optional<MetricsWriter> metrics_; ///< on rank 0
    std::optional<EventWriter> events_;    ///< on rank 0
    Progress progress_;
    MetricWindow window_;
    TimingWindow timing_;
    double seconds_ = 0; ///< of training, earlier starts included
    double loss_ = 0;    ///< mean over the last logged window
    std::int64_t bad_samples_ = 0;
    std::int64_t saved_step_ = 0;
};

ProgressOptions progress_options(const Experiment& experiment, std::int64_t start) {
    ProgressOptions options;
    options.label = experiment.pretext_name;
    options.total = experiment.total_steps;
    options.start = start;
    options.units_per_item = static_cast<double>(experiment.train.batch);
    return options;
}

RunStart::RunStart(Experiment& experiment, Trainer& trainer, const PretrainOptions& options, dist::Communicator& comm,
                   const std::optional<Manifest>& resumed)
    : experiment_(experiment), trainer_(trainer), options_(options), comm_(comm), paths_(options.run_folder),
      progress_(progress_options(experiment, resumed ? resumed->step : 0)) {
    if (resumed) {
        window_ = resumed->window;
        seconds_ = resumed->seconds;
        loss_ = resumed->loss;
        saved_step_ = resumed->step;
    }
    if (!root())
        return;
    metrics_.emplace(paths_.metrics(), saved_step_);
    events_.emplace(paths_.folder);
    if (resumed)
        events_->restart(saved_step_ + 1);
}

void RunStart::write_view_sheet() {
    if (root() && !std::filesystem::exists(paths_.pictures() + "/views.png"))
        write_pictures(paths_.pictures(), {view_sheet(trainer_.sample(0, kPictureRows))}, experiment_.format);
}

void RunStart::write_pretext_pictures() {
    const torch::NoGradGuard no_gradient;
    experiment_.pretext->eval();
    const auto pictures = experiment_.pretext->pictures(trainer_.sample(0, kPictureRows));
    experiment_.pretext->train();
    if (root() && !pictures.empty())
        write_pictures(paths_.pictures(), pictures, experiment_.format);
}

MetricsLine RunStart::current_line(double lr) const {
    const auto steps = static_cast<double>(window_.steps);
    const double epoch = static_cast<double>(trainer_.steps_done()) / static_cast<double>(experiment_.steps_per_epoch);
    MetricsLine line = {{"epoch", epoch}, {"loss", window_.sums.at("loss") / steps}, {"lr", lr}};
    for (const auto& [name, sum] : window_.sums)
        if (name != "loss")
            line.emplace_back(name, sum / steps);
    const double images = static_cast<double>(timing_.steps * experiment_.train.batch);
    line.emplace_back("images_per_second", images / timing_.seconds);
    line.emplace_back("data_wait", std::min(1.0, timing_.wait_seconds / timing_.seconds));
    line.emplace_back("seconds", seconds_);
    return line;
}

void RunStart::log_line(double lr) {
    const MetricsLine line = current_line(lr);
    loss_ = window_.sums.at("loss") / static_cast<double>(window_.steps);
    if (root()) {
        metrics_->write(trainer_.steps_done(), line);
        std::vector<std::pair<std::string, double>> scalars;
        for (const auto& [name, value] : line)
            scalars.emplace_back("train/" + name, value);
        events_->scalars(trainer_.steps_done(), scalars);
    }
    window_ = {};
    timing_ = {};
}

void RunStart::record(const StepResult& result) {
    ++window_.steps;
    for (const auto& [name, value] : result.metrics)
        if (name != "lr")
            window_.sums[name] += value;
    ++timing_.steps;
    timing_.seconds += result.seconds;
    timing_.wait_seconds += result.wait_seconds;
    if (result.bad_samples != bad_samples_) {
        bad_samples_ = result.bad_samples;
        write_bad_samples(trainer_.bad_samples(), experiment_.data.max_bad_samples, paths_.bad_samples(), comm_);
    }
    seconds_ += result.seconds;
    const std::int64_t done = trainer_.steps_done();
    progress_.update(done, {{"loss", fmt::format("{:.4f}", result.metrics.at("loss"))},
                            {"data wait", fmt::format("{:.0f} %", 100 * timing_.wait_seconds / timing_.seconds)}});
    if (done % experiment_.train.log_every == 0 || done == experiment_.total_steps)
        log_line(result.metrics.at("lr"));
}

void RunStart::save(bool must_succeed) {
    Manifest manifest = manifest_of(experiment_, comm_);
    manifest.step = trainer_.steps_done();
    manifest.epoch = manifest.step / experiment_.steps_per_epoch;
    manifest.batch = manifest.step % experiment_.steps_per_epoch;
    manifest.loss = loss_;
    manifest.seconds = seconds_;
    manifest.window = window_;
    std::string failure;
    try {
        on_root(comm_, [&] {
            write_checkpoint(paths_.checkpoints(), manifest, model_state(*experiment_.pretext),
                             trainer_.optimizer().state());
            prune_checkpoints(paths_.checkpoints(), experiment_.checkpoint.keep);
        });
        saved_step_ = manifest.step;
        return;
    } catch (const Error& error) {
        failure = error.what();
    }
    const std::string held = saved_step_ > 0 ? "the newest whole checkpoint is " + checkpoint_name(saved_step_)
                                             : std::string("there is no checkpoint yet");
    if (must_succeed)
        throw IoError(fmt::format("{}; {}", failure, held));
    if (root())
        log::warning(fmt::format("{}; {}; training goes on", failure, held));
}

ExitCode RunStart::stopped() {
    save(true);
    progress_.finish();
    if (root())
        log::info(fmt::format("stopped by a signal at step {} of {}; {} is written and the same command goes on "
                              "from it",
                              saved_step_, experiment_.total_steps, checkpoint_name(saved_step_)));
    return ExitCode::requeue;
}

ExitCode RunStart::finished() {
    write_pretext_pictures();
    save(true);
    progress_.finish();
    if (root())
        log::info(fmt::format("finished: {} steps, loss {:.4f}, {} of training; see {}", experiment_.total_steps, loss_,
                              duration_text(seconds_), paths_.folder));
    return ExitCode::done;
}

ExitCode RunStart::run() {
    write_view_sheet();
    const std::int64_t interval = experiment_.checkpoint.interval(experiment_.steps_per_epoch);
    while (trainer_.steps_done() < experiment_.total_steps) {
        const StepResult result = trainer_.step();
        record(result);
        const std::int64_t done = trainer_.steps_done();
        if (options_.on_step)
            options_.on_step(done);
        if (done == experiment_.total_steps)
            break;
        if (result.stop)
            return stopped();
        if (interval > 0 && done % interval == 0)
            save(false);
    }
    return finished();
}

ExitCode try_one_step(Experiment& experiment, dist::Communicator& comm) {
    Trainer trainer(experiment, comm);
    const StepResult result = trainer.step();
    if (comm.rank() == 0) {
        log::info(summary(experiment, comm));
        log::info(fmt::format("dry run: one step took {:.2f} s, loss {:.4f}; nothing was written", result.seconds,
                              result.metrics.at("loss")));
    }
    return ExitCode::done;
}

void describe_run(const config::Document& document, const Experiment& experiment, const PretrainOptions& options,
                  dist::Communicator& comm) {
    const RunPaths paths(options.run_folder);
    on_root(comm, [&] {
        std::filesystem::create_directories(paths.checkpoints());
        write_file_atomically(paths.config(), document.resolved_yaml());
        write_normalization(paths.normalization(), {experiment.format.mean, experiment.format.std}, experiment.data,
                            experiment.dataset->info());
        write_permutations(paths, *experiment.recipe);
        write_file_atomically(paths.environment(), environment_json(comm, experiment.threads, options.command_line));
        log::info(summary(experiment, comm));
    });
}

} // namespace

ExitCode pretrain(config::Document& document, const PretrainOptions& options, dist::Communicator& comm) {
    clear_stop();
    const StopSignals signals;
    Experiment experiment =
        build_experiment(document, comm, options.read_eval, RunPaths(options.run_folder).normalization());
    if (options.dry_run)
        return try_one_step(experiment, comm);
    std::optional<RunLock> lock;
    on_root(comm, [&] { lock.emplace(options.run_folder); });
    Trainer trainer(experiment, comm);
    const auto resumed = resume(experiment, trainer, options.resume, RunPaths(options.run_folder), comm);
    if (resumed && resumed->step >= experiment.total_steps) {
        log::info(fmt::format("{} is finished: {} of {} steps; nothing to do", options.run_folder, resumed->step,
                              experiment.total_steps));
        return ExitCode::done;
    }
    describe_run(document, experiment, options, comm);
    return RunStart(experiment, trainer, options, comm, resumed).run();
}

} // namespace tacit::train
