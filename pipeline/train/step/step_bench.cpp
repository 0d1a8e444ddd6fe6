// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/step/step_bench.hpp"

#include "models/modules.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/train/state/checkpoint_writer.hpp"
#include "pipeline/train/state/resume.hpp"
#include "pipeline/train/step/trainer.hpp"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace tacit::train {

namespace {

/// Nearest-rank quantile; 0 of nothing.
double quantile(std::vector<double> sorted, double share) {
    if (sorted.empty()) {
        return 0;
    }
    std::sort(sorted.begin(), sorted.end());
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

/// Milliseconds for rank 0 to keep the state as the training loop does, while the other ranks go on to the next step.
double keep(CheckpointWriter& writer, const Experiment& experiment, Trainer& trainer, const dist::Communicator& comm) {
    if (comm.rank() != 0) {
        return 0;
    }
    const auto begun = std::chrono::steady_clock::now();
    writer.remember(manifest_of(experiment, comm), models::model_state(*experiment.pretext),
                    trainer.optimizer().state());
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
}

/// Milliseconds for the optimiser to move all that moved in the steps before once more, by a rate of 0.
double move_once(Optimizer& optimizer, at::Device device) {
    const auto wait = [device] { // a CPU has nothing to wait for, and refuses
        if (!device.is_cpu()) {
            c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
        }
    };
    wait();
    const auto begun = std::chrono::steady_clock::now();
    optimizer.repeat({.lr = 0, .weight_decay = 1e-4});
    wait();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
}

/// The most memory that tensors of this process took on a GPU at any time.
std::int64_t peak_bytes(at::Device device) {
    return device.is_cuda()
               ? at::getDeviceAllocator(device.type())->getDeviceStats(device.index()).allocated_bytes[0].peak
               : 0;
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
        {"optimizer_ms_p50", optimizer_ms_p50},
        {"ranks", ranks},
        {"threads", threads},
        {"workers", workers},
        {"batch", batch},
        {"keep_ms_p50", keep_ms_p50},
        {"step_ms_p50_after_keep", step_ms_p50_after_keep},
        {"device", device},
        {"cuda_graph", cuda_graph},
        {"peak_gpu_bytes", peak_gpu_bytes},
    };
    return json_text(json, 2);
}

StepBench bench_step(config::Document& document, const StepBenchOptions& options, dist::Communicator& comm,
                     const SectionReader& read_eval) {
    if (options.keep && options.steps < 2) {
        throw ConfigError("--keep compares steps with and without a copy before them; measure 2 or more (--steps)");
    }
    Experiment experiment = build_experiment(document, comm, read_eval);
    // The schedule must not end inside the measurement.
    experiment.total_steps = std::max(experiment.total_steps, options.warmup + options.steps);
    Trainer trainer(experiment, comm);
    if (options.same_batch) {
        trainer.repeat_input();
    }
    for (std::int64_t i = 0; i < options.warmup; ++i) {
        trainer.step();
    }
    CheckpointWriter writer("", 1, 0); // writes nothing without a stop
    if (options.keep) {
        keep(writer, experiment, trainer, comm); // makes its memory
    }
    const double worker_seconds = trainer.loader_stats().worker_seconds;
    const std::int64_t samples = trainer.loader_stats().samples;
    StepBench bench;
    std::vector<double> times;
    std::vector<double> after_keep;
    std::vector<double> copies;
    double total = 0;
    double waited = 0;
    for (std::int64_t i = 0; i < std::max<std::int64_t>(1, options.steps); ++i) {
        const bool kept = options.keep && i % 2 == 1;
        if (kept) {
            copies.push_back(keep(writer, experiment, trainer, comm));
            total += copies.back() / 1e3;
        }
        const StepResult result = trainer.step();
        (kept ? after_keep : times).push_back(result.seconds * 1e3);
        total += result.seconds;
        waited += result.wait_seconds;
        bench.loss = result.loss;
    }
    bench.steps = static_cast<std::int64_t>(times.size() + after_keep.size());
    bench.step_ms_p50 = quantile(times, 0.5);
    bench.step_ms_p95 = quantile(times, 0.95);
    bench.images_per_second = static_cast<double>(bench.steps * experiment.train.batch) / total;
    bench.data_wait = std::min(1.0, waited / total);
    const double worked = trainer.loader_stats().worker_seconds - worker_seconds;
    bench.loader_cpu = worked / total;
    const auto made = static_cast<double>((trainer.loader_stats().samples - samples) * experiment.recipe->views());
    bench.view_us = made > 0 ? 1e6 * worked / made : 0;
    bench.ranks = comm.size();
    bench.threads = experiment.threads;
    bench.workers = experiment.workers;
    bench.batch = experiment.train.batch;
    bench.device = experiment.format.device.str();
    bench.cuda_graph = trainer.recorded();
    bench.peak_gpu_bytes = peak_bytes(experiment.format.device);
    bench.keep_ms_p50 = quantile(copies, 0.5);
    std::vector<double> moves;
    for (std::int64_t i = 0; i < bench.steps; ++i) {
        moves.push_back(move_once(trainer.optimizer(), experiment.format.device));
    }
    bench.optimizer_ms_p50 = quantile(moves, 0.5);
    bench.step_ms_p50_after_keep = quantile(after_keep, 0.5);
    return bench;
}

} // namespace tacit::train
