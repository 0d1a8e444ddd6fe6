// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/run_telemetry.hpp"

#include "pipeline/base/log.hpp"
#include "pipeline/base/reason.hpp"
#include "pipeline/train/run/bad_sample_list.hpp"
#include "pipeline/train/run/pictures.hpp"

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tacit::train {

namespace {

ProgressOptions progress_options(const Experiment& experiment, std::int64_t start) {
    ProgressOptions options;
    options.label = experiment.pretext_name;
    options.total = experiment.total_steps;
    options.start = start;
    options.units_per_item = static_cast<double>(experiment.train.batch);
    return options;
}

/// Does `write`; what it throws is a warning about `what`.
template <class Write> void or_warn(const char* what, const Write& write) {
    try {
        write();
    } catch (const std::exception& error) {
        log::warning(fmt::format("{} cannot be written: {}; training does not depend on them", what, reason_of(error)));
    }
}

} // namespace

RunTelemetry::RunTelemetry(Experiment& experiment, Trainer& trainer, const RunPaths& paths, dist::Communicator& comm,
                           const std::optional<Manifest>& resumed)
    : experiment_(experiment), trainer_(trainer), paths_(paths), comm_(comm),
      progress_(progress_options(experiment, resumed ? resumed->step : 0)) {
    if (resumed) {
        window_ = resumed->window;
        seconds_ = resumed->seconds;
        loss_ = resumed->loss;
    }
    if (!root()) {
        return;
    }
    metrics_.emplace(paths_.metrics(), trainer_.steps_done());
    events_.emplace(paths_.folder);
    if (resumed) {
        events_->restart(trainer_.steps_done() + 1);
    }
}

void RunTelemetry::write_view_sheet() {
    std::error_code error;
    if (root() && !std::filesystem::exists(paths_.views(), error)) {
        or_warn("pictures", [&] {
            write_pictures(paths_, {view_sheet(trainer_.sample(0, models::kPictureRows))}, experiment_.format);
        });
    }
}

void RunTelemetry::begin() {
    write_view_sheet();
}

void RunTelemetry::end_pictures() {
    write_view_sheet(); // unless it is there
    if (bad_samples_ > 0) {
        write_bad_samples(trainer_.bad_samples(), experiment_.data.max_bad_samples, paths_.bad_samples(), comm_);
    }
    const auto pictures = experiment_.pretext->pictures(trainer_.sample(0, models::kPictureRows));
    if (root() && !pictures.empty()) {
        or_warn("pictures", [&] { write_pictures(paths_, pictures, experiment_.format); });
    }
}

void RunTelemetry::fill(Manifest& manifest) const {
    manifest.loss = loss_;
    manifest.seconds = seconds_;
    manifest.window = window_;
}

MetricsLine RunTelemetry::current_line(double lr) const {
    const auto mean = [&](const std::string& name) {
        return window_.sums.at(name) / static_cast<double>(window_.counts.at(name));
    };
    const double epoch = static_cast<double>(trainer_.steps_done()) / static_cast<double>(experiment_.steps_per_epoch);
    MetricsLine line = {{"epoch", epoch}};
    if (window_.sums.contains("loss")) {
        line.emplace_back("loss", mean("loss"));
    }
    line.emplace_back("lr", lr);
    for (const auto& entry : window_.sums) {
        if (entry.first != "loss") {
            line.emplace_back(entry.first, mean(entry.first));
        }
    }
    if (window_.skipped > 0) {
        line.emplace_back("skipped", static_cast<double>(window_.skipped));
    }
    const double images = static_cast<double>(timing_.steps * experiment_.train.batch);
    line.emplace_back("images_per_second", images / timing_.seconds);
    line.emplace_back("data_wait", std::min(1.0, timing_.wait_seconds / timing_.seconds));
    line.emplace_back("seconds", seconds_);
    return line;
}

void RunTelemetry::log_line(double lr) {
    const MetricsLine line = current_line(lr);
    if (window_.sums.contains("loss")) {
        loss_ = window_.sums.at("loss") / static_cast<double>(window_.counts.at("loss"));
    }
    if (root()) {
        metrics_->write(trainer_.steps_done(), line);
        std::vector<std::pair<std::string, double>> scalars;
        for (const auto& [name, value] : line) {
            scalars.emplace_back("train/" + name, value);
        }
        events_->scalars(trainer_.steps_done(), scalars);
    }
    window_ = {};
    timing_ = {};
}

void RunTelemetry::step_done(const StepResult& result) {
    ++window_.steps;
    window_.skipped += result.skipped ? 1 : 0;
    for (const auto& [name, value] : result.metrics) {
        if (name != "lr") {
            window_.sums[name] += value;
            ++window_.counts[name];
        }
    }
    ++timing_.steps;
    timing_.seconds += result.seconds;
    timing_.wait_seconds += result.wait_seconds;
    if (result.bad_samples != bad_samples_) {
        bad_samples_ = result.bad_samples;
        write_bad_samples(trainer_.bad_samples(), experiment_.data.max_bad_samples, paths_.bad_samples(), comm_);
    }
    seconds_ += result.seconds;
    const std::int64_t done = trainer_.steps_done();
    progress_.update(done, {{"loss", fmt::format("{:.4f}", result.loss)},
                            {"data wait", fmt::format("{:.0f} %", 100 * timing_.wait_seconds / timing_.seconds)}});
    if (done % experiment_.train.log_every == 0 || done == experiment_.total_steps) {
        log_line(result.lr);
    }
}

} // namespace tacit::train
