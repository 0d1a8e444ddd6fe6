// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/train/experiment.hpp"

#include <cstdint>
#include <string>

namespace tacit::train {

/// What `tacit bench step` measured, over all ranks.
struct StepBench {
    std::int64_t steps = 0;
    double step_ms_p50 = 0; ///< median wall time of a step on rank 0, milliseconds
    double step_ms_p95 = 0;
    double images_per_second = 0; ///< samples of the global batch per second, data wait and copies included
    double data_wait = 0;         ///< share of the time spent waiting for the loader, mean over ranks
    double loader_cpu = 0;        ///< CPU time of this rank's loader workers / wall time, in cores
    double view_us = 0; ///< CPU time of a loader worker for a view, its share of reading included, microseconds
    double loss = 0;    ///< of the last step
    /// Median time for the optimiser to move all parameters once, milliseconds; part of a step.
    double optimizer_ms_p50 = 0;
    int ranks = 1;
    int threads = 1;        ///< of LibTorch per rank
    int workers = 1;        ///< of the loader per rank
    std::int64_t batch = 0; ///< global
    double keep_ms_p50 = 0; ///< median time for rank 0 to keep a copy of the state (CheckpointWriter::remember()); 0:
                            ///< not asked for, as the next
    double step_ms_p50_after_keep = 0; ///< of the step after that; step_ms_p50 is then of the other steps
    std::string device;                ///< "cpu", "cuda:0"
    bool cuda_graph = false;           ///< the steps measured were replayed from one
    std::int64_t peak_gpu_bytes = 0;   ///< most that tensors took at any time, of this rank; 0 on the CPU

    std::string json() const;
};

/// How much is measured.
struct StepBenchOptions {
    std::int64_t warmup = 5;
    std::int64_t steps = 30;
    bool keep = false; ///< a copy of the state after every other step, as where steps are slow; of 2 steps or more
    bool same_batch = false; ///< in every step: what a step costs without loading
};

/// Collective: trains some steps of what `document` describes, in memory only. Throws ConfigError
/// where `keep` is asked for of a single step.
StepBench bench_step(config::Document& document, const StepBenchOptions& options, dist::Communicator& comm,
                     const SectionReader& read_eval = {});

} // namespace tacit::train
