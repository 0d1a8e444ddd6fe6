// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/eval_config.hpp"
#include "eval/features/features.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/train/run/run_folder.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tacit::eval {

inline constexpr const char* kPretrained = "pretrained";
inline constexpr const char* kPixels = "raw pixels";
inline constexpr const char* kRandom = "random encoder";
inline constexpr const char* kScratch = "supervised from scratch";

/// Makes an encoder to train, afresh for every training; `seed` initialises what is random in it. The
/// encoder must live on this rank alone (batch norms of a self communicator): trainings are divided over ranks.
using BackboneFactory = std::function<std::shared_ptr<models::Backbone>(std::uint64_t seed)>;

/// The splits of the data that a run is judged by, and their features through each encoder: computed once, kept for the
/// protocols that follow, and kept in features/ of the run folder for later commands, which use them only if weights,
/// data and presentation are still the same and their checksum holds. Features of other data than the run's own have
/// names of their own. Every member function is collective.
class FeatureStore {
  public:
    /// All must outlive this.
    FeatureStore(train::LoadedRun& run, const EvalConfig& config, dist::Communicator& comm);

    /// A split, its classes numbered as those of the training split.
    const shards::Dataset& split(const std::string& name);
    const shards::Dataset& train() { return split(run_.data.train); }
    const shards::Dataset& test() { return split(run_.data.test); }
    /// The split that data.val names for choosing among settings; "" where there is none.
    const std::string& val();
    /// What val() passed over and why.
    const std::vector<std::string>& val_notes() const { return val_notes_; }
    /// Whether the data are those that the run was trained on.
    bool own_data();

    /// The run that is judged.
    const train::LoadedRun& run() const { return run_; }
    /// How an encoder sees images; on the CPU.
    FeatureOptions images() const;
    /// Where encoders run: what eval.device names, picked when it is first asked for, since kept features need none.
    /// Where the default names GPUs and there is none, the CPU, with a warning. Throws ConfigError where there is none.
    at::Device device();
    /// This rank's share of the features of a split through the encoder of the row `row`: pretrained, raw pixels or
    /// random encoder.
    const Features& features(const std::string& row, const std::string& split_name);
    /// Splits whose features of that row are held.
    std::vector<std::string> splits_with_features(const std::string& row) const;
    /// Forgets features of a row, which take memory; those of an encoder are still in their file.
    void release(const std::string& row);
    /// Makes encoders that begin as the row says: pretrained, else random (supervised from scratch).
    BackboneFactory start(const std::string& row);
    /// Where the pretrained encoder's features of a split are kept.
    std::string path(const std::string& split_name) {
        return path_in(train::RunPaths(run_.folder).features(), split_name);
    }

  private:
    std::string usual_val() const;
    std::string path_in(const std::string& folder, const std::string& split_name);
    std::optional<Features> kept(const std::string& path, const std::string& key);
    Features encoder_features(models::Backbone& backbone, const std::string& row, const std::string& folder,
                              const std::string& split_name);

    train::LoadedRun& run_;
    EvalConfig config_;
    dist::Communicator& comm_;
    std::optional<at::Device> device_;
    std::map<std::string, shards::Dataset> splits_;
    std::map<std::string, Features> features_; ///< by "row/split"
    std::optional<std::string> val_;
    std::vector<std::string> val_notes_;
};

/// Tells images and labels of a split apart, and with them the numbers that classes were given.
std::string content_digest(const shards::Dataset& dataset);

/// SHA-256 over parameters and buffers.
std::string weights_digest(const torch::nn::Module& module);

} // namespace tacit::eval
