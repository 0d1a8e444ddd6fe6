// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"
#include "dist/communicator.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/loader/data_config.hpp"
#include "pipeline/train/run/run_paths.hpp"
#include "pipeline/train/state/manifest.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tacit::models {
class Backbone;
class Pretext;
} // namespace tacit::models

namespace tacit::train {

/// Writes the permutation_set() of every view that is a puzzle. Throws IoError.
void write_permutations(const RunPaths& paths, const augment::Recipe& recipe);

/// Keeps a second `tacit pretrain` out of a run folder while it lives.
class RunLock {
  public:
    /// Creates the folder. Throws IoError, or Error when another process holds the lock.
    explicit RunLock(const std::string& run_folder);
    ~RunLock();
    RunLock(RunLock&& other) noexcept;
    RunLock& operator=(RunLock&&) = delete;
    /// Whether the folder is still the one that was locked: nobody removed or replaced it.
    bool holds() const;

  private:
    std::string path_;
    int descriptor_;
};

/// A trained run, ready to be judged or used.
struct LoadedRun {
    std::string folder;
    std::string name;       ///< last part of the folder
    std::string checkpoint; ///< "step-00000100"
    std::string pretext_name;
    config::Document document; ///< the run's config.yaml
    loader::DataConfig data;   ///< its data section; path as in the config
    augment::ImageShape shape; ///< of the views trained on
    std::vector<double> mean;  ///< per channel in [0, 1], of the normalisation trained with
    std::vector<double> std;
    Manifest manifest;
    std::shared_ptr<models::Backbone> backbone; ///< with the checkpoint's weights, eval mode
    std::shared_ptr<models::Pretext> pretext;   ///< the whole model around the same backbone, eval mode
    dist::Communicator* comm;                   ///< the one it was loaded with
};

/// Collective. Loads a run with the weights of `checkpoint`: "last" (newest that verifies), "best"
/// (lowest training loss among those kept) or a step number. Rank 0 of `readers` picks and reads, and all ranks get its
/// bytes, verified by digest: training that writes and prunes checkpoints meanwhile cannot give two ranks two models.
/// The model works on the ranks of `comm`, which must outlive the run. Throws Error naming what there is when nothing
/// fits, DataError for a damaged checkpoint that was asked for by number. `adjust` may change the run's config before
/// it is read; what shaped the weights must stay as it is.
LoadedRun load_run(const std::string& path, const std::string& checkpoint, dist::Communicator& readers,
                   dist::Communicator& comm, const std::function<void(config::Document&)>& adjust = {});

/// The same where the ranks that read are those that the model works on.
inline LoadedRun load_run(const std::string& path, const std::string& checkpoint, dist::Communicator& comm) {
    return load_run(path, checkpoint, comm, comm);
}

/// A backbone of the run's architecture with random weights from `seed`: the random-encoder row.
std::shared_ptr<models::Backbone> make_fresh_backbone(LoadedRun& run, std::uint64_t seed);

/// One of the architecture of run.backbone, which may be made of several backbones, to be given its weights.
std::shared_ptr<models::Backbone> make_fresh_encoder(LoadedRun& run, std::uint64_t seed);

} // namespace tacit::train
