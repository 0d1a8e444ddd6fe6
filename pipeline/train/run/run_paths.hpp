// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace tacit::train {

/// Where things lie in a run folder (docs/architecture.md, "Run folder"). No other code knows their names.
struct RunPaths {
    /// Slashes at its end do not count.
    explicit RunPaths(std::string run_folder);
    std::string lock() const { return folder + "/.lock"; }
    /// Whoever has it is a run folder.
    std::string config() const { return folder + "/" + kConfig; }
    std::string environment() const { return folder + "/environment.json"; }
    std::string normalization() const { return folder + "/normalization.json"; }
    /// Of a view that is a puzzle.
    std::string permutations(int view) const { return folder + "/permutations-" + std::to_string(view) + ".txt"; }
    std::string bad_samples() const { return folder + "/bad_samples.json"; }
    std::string metrics() const { return folder + "/metrics.jsonl"; }

    std::string checkpoints() const { return folder + "/checkpoints"; }

    std::string pictures() const { return folder + "/pictures"; }
    std::string picture_index() const { return pictures() + "/pictures.json"; }
    std::string views() const { return pictures() + "/views.png"; }
    std::string neighbour_sheet() const { return pictures() + "/neighbours.png"; }

    /// Of the pretrained encoder; its subfolders are of others.
    std::string features() const { return folder + "/features"; }
    std::string random_features() const { return features() + "/random-encoder"; }

    /// <protocol>.json and <protocol>-<digest>.json, beside the following.
    std::string results() const { return folder + "/eval"; }
    std::string map() const { return results() + "/map.json"; }
    std::string neighbours() const { return results() + "/neighbours.json"; }

    static constexpr const char* kConfig = "config.yaml";
    std::string folder;
};

/// Where things lie in a checkpoint.
struct CheckpointPaths {
    explicit CheckpointPaths(std::string checkpoint) : folder(std::move(checkpoint)) {}
    std::string manifest() const { return folder + "/manifest.json"; }
    std::string model() const { return folder + "/" + kModel; }
    std::string optimizer() const { return folder + "/" + kOptimizer; }

    static constexpr const char* kModel = "model.safetensors";
    static constexpr const char* kOptimizer = "optimizer.safetensors";
    std::string folder;
};

/// Creates a folder and those above it that lack. Throws IoError naming it.
void make_folder(const std::string& path);

} // namespace tacit::train
