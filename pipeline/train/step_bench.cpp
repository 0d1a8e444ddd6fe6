// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/step_bench.hpp"

#include "pipeline/base/json_text.hpp"
#include "pipeline/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace tacit::train {

namespace {

/// Nearest-rank quantile of a sorted list.
double quantile(const std::vector<double>& sorted, double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

} // namespace

std::string StepBench::json() const {
    const nlohmann::ordered_json json = {
        {"steps", steps},
        {"step_ms_p50", step_ms_p50},
        {"step_ms_p95", step_ms_p95},
        {"images_per_second", images_per_second},
        {"data_wait", data_wait},
        {"loader_cpu", loader_cpu},
        {"view_us", view_us},
        {"loss", loss},
        {"ranks", ranks},
        {"threads", threads},
        {"workers", workers},
        {"batch", batch},
    };
    return json_text(json, 2);
}

StepBench bench_step(config::Document& document, std::int64_t warmup, std::int64_t steps, dist::Communicator& comm,
                     const SectionReader& read_eval) {
    Experiment experiment = build_experiment(document, comm, read_eval);
    // The schedule must not end inside the measurement.
    experiment.total_steps = std::max(experiment.total_steps, warmup + steps);
    Trainer trainer(experiment, comm);
    for (std::int64_t i = 0; i < warmup; ++i)
        trainer.step();
    const double worker_seconds = trainer.loader_stats().worker_seconds;
    const std::int64_t samples = trainer.loader_stats().samples;
    StepBench bench;
    std::vector<double> times;
    double total = 0;
    double waited = 0;
    for (std::int64_t i = 0; i < std::max<std::int64_t>(1, steps); ++i) {
        const StepResult result = trainer.step();
        times.push_back(result.seconds * 1e3);
        total += result.seconds;
        waited += result.wait_seconds;
        bench.loss = result.metrics.at("loss");
    }
    std::sort(times.begin(), times.end());
    bench.steps = static_cast<std::int64_t>(times.size());
    bench.step_ms_p50 = quantile(times, 0.5);
    bench.step_ms_p95 = quantile(times, 0.95);
    bench.images_per_second = static_cast<double>(bench.steps * experiment.train.batch) / total;
    bench.data_wait = std::min(1.0, waited / total);
    const double worked = trainer.loader_stats().worker_seconds - worker_seconds;
    bench.loader_cpu = worked / total;
    bench.view_us =
        1e6 * worked / static_cast<double>((trainer.loader_stats().samples - samples) * experiment.recipe->views());
    bench.ranks = comm.size();
    bench.threads = experiment.threads;
    bench.workers = experiment.workers;
    bench.batch = experiment.train.batch;
    return bench;
}

} // namespace tacit::train
