// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/section.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tacit::train {

/// The `train` section.
struct TrainConfig {
    std::int64_t epochs = 20;
    std::int64_t max_steps = 0;     ///< > 0: end after this many steps, however many epochs that is
    std::int64_t batch = 128;       ///< samples per optimiser step over all ranks and micro-batches
    std::int64_t accumulate = 1;    ///< micro-batches per optimiser step
    bool grad_cache = false;        ///< the loss compares images of all micro-batches, each of which runs twice
    std::string precision = "fp32"; ///< fp32, or bf16 (autocast around the networks)
    bool channels_last = true;      ///< memory format of images and convolution weights
    std::uint64_t seed = 1;         ///< of initialisation, order and augmentation
    int threads = 0;                ///< of LibTorch per rank; 0: the cores that the rank may use
    std::int64_t log_every = 10;    ///< steps between two lines of metrics.jsonl
    std::int64_t max_skipped =
        5; ///< steps left out in a row, their gradients being no finite numbers, that a run survives
    std::string device = "auto";     ///< auto, cpu, cuda
    std::string cuda_graph = "auto"; ///< auto, on, off
};

TrainConfig read_train(const config::Section& train);

/// The `checkpoint` section: whichever comes first. One is also written at the end and when a signal asks for a stop.
struct CheckpointConfig {
    double every_epochs = 1;      ///< 0: never by epochs
    std::int64_t every_steps = 0; ///< 0: never by steps
    double every_minutes = 10;    ///< of training since the last one; 0: never by time
    std::int64_t keep = 3;        ///< newest ones that stay on disk
    /// Steps between two checkpoints that epochs ask for; 0: none do.
    std::int64_t epoch_interval(std::int64_t steps_per_epoch) const;
};

CheckpointConfig read_checkpoint(const config::Section& checkpoint);

/// The `dist` section.
struct DistConfig {
    std::chrono::seconds timeout{0}; ///< that a collective waits for a rank that shows no sign of life; 0: for ever
    bool numa = true;                ///< each rank stays on the cores and the memory of one NUMA node
};

DistConfig read_dist(const config::Section& section);

/// report.title; `usual` where it is not given.
std::string read_title(const config::Section& report, const std::string& usual);

/// Checks that `batch` splits into `accumulate` micro-batches of equal shares for `ranks`. Throws
/// ConfigError with the place in `train`, the section that it was read from, the numbers and the nearest batch that
/// does.
void check_batch(const config::Section& train, const TrainConfig& config, int ranks);

} // namespace tacit::train
