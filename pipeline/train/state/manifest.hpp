// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/train/state/settings.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tacit::train {

/// Sums of the metrics over the steps since the last line of metrics.jsonl, so that a resumed run
/// writes the line that it would have written without the stop.
struct MetricWindow {
    std::int64_t steps = 0;                     ///< with those that were left out
    std::int64_t skipped = 0;                   ///< left out because their gradient was not finite
    std::map<std::string, double> sums;         ///< over the steps that gave the metric
    std::map<std::string, std::int64_t> counts; ///< of these steps
};

/// A file of a checkpoint and what must be found in it.
struct CheckpointFile {
    std::string name;
    std::int64_t bytes = 0;
    std::string sha256;
};

/// manifest.json of a checkpoint: where the run stands and what the files must hold.
struct Manifest {
    std::int64_t step = 0;  ///< optimiser steps completed
    std::int64_t epoch = 0; ///< epoch of the next step
    std::int64_t batch = 0; ///< optimiser steps completed in that epoch
    std::uint64_t seed = 0;
    std::int64_t global_batch = 0; ///< samples per optimiser step over all ranks
    int ranks = 1;                 ///< that wrote it; another count may resume
    int threads = 0;               ///< of LibTorch on each rank, on which the last bits depend; 0: not known
    std::string pretext;
    augment::ImageShape shape; ///< of the views trained on
    std::vector<double> mean;  ///< per channel in [0, 1], of the normalisation trained with
    std::vector<double> std;
    Settings config;           ///< every setting of the run
    std::string config_digest; ///< settings_digest(config)
    std::string data_fingerprint;
    std::string pixels_fingerprint; ///< without labels; empty: the checkpoint is older than this figure
    double loss = 0;                ///< mean over the last logged window; what "best" compares
    double seconds = 0;             ///< of training so far
    std::int64_t skipped = 0;       ///< steps in a row, up to this one, that were left out
    MetricWindow window;
    std::vector<CheckpointFile> files;
};

std::string manifest_json(const Manifest& manifest);
/// `place` names the file in errors. Throws DataError for malformed JSON, a missing field or an unknown format.
Manifest parse_manifest(const std::string& json, const std::string& place);

} // namespace tacit::train
