// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/eval_config.hpp"
#include "eval/features.hpp"
#include "eval/results.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/train/run_folder.hpp"

#include <functional>
#include <map>
#include <string>

namespace tacit::eval {

/// Judges one checkpoint of one run. What the commands probe, knn, finetune, embed and report call. Every member
/// function is collective over `comm`; results are equal on every rank, and rank 0 writes them into the run folder.
/// Features are computed once, kept for the protocols that follow, and kept in features/ of the run folder for later
/// commands, which use them only if weights, data and presentation are still the same.
///
/// Baseline rows (raw pixels, random encoder, supervised from scratch) that a run beside this one (same parent
/// folder) has measured with the same data, network and options are taken from its files and say so in their
/// details; a row is never taken from a run that differs in any of them.
class Evaluation {
  public:
    /// `run` must have been loaded with a *self* communicator, since its encoder works on one rank at a time; `comm`
    /// joins the ranks that share the work. Both must outlive this.
    Evaluation(train::LoadedRun& run, const EvalConfig& config, dist::Communicator& comm);

    /// Rows pretrained, raw pixels, random encoder -> eval/linear.json. (`tacit probe`)
    EvalResult linear();
    /// Rows pretrained, raw pixels, random encoder -> eval/knn.json. (`tacit knn`)
    EvalResult knn();
    /// Rows pretrained and supervised from scratch -> eval/finetune.json. (`tacit finetune`)
    EvalResult finetune();
    /// Frozen features of a split -> features/<split>.h5; returns the path. (`tacit embed`)
    std::string embed(const std::string& split);
    /// The 2-D map of test images -> eval/map.json; nearest neighbours -> pictures/neighbours.png and
    /// eval/neighbours.json (left out for images that cannot be shown). (`tacit embed`; `tacit report` if missing)
    void pictures();

  private:
    /// Accuracy and details of one encoder, from its features.
    using Judge = std::function<ResultRow(const Features& train, const Features& test)>;

    const shards::Dataset& split(const std::string& name);
    const shards::Dataset& train() { return split(run_.data.train); }
    const shards::Dataset& test() { return split(run_.data.test); }
    FeatureOptions images() const;
    FeatureOptions thumbnails();
    /// Features of a split through the encoder of the row `row`.
    const Features& features(const std::string& row, const std::string& split_name);
    Features encoder_features(models::Backbone& backbone, const std::string& folder, const std::string& split_name);
    EvalResult frozen_rows(const std::string& protocol, const std::string& options, const Judge& judge);
    std::string baseline_key(const std::string& row, const std::string& options);
    const std::string& fresh_weights_digest();
    EvalResult finished(const std::string& protocol, std::vector<ResultRow> rows, double seconds);

    train::LoadedRun& run_;
    EvalConfig config_;
    dist::Communicator& comm_;
    std::map<std::string, shards::Dataset> splits_;
    std::map<std::string, Features> features_; ///< by "row/split"
    std::string fresh_digest_;
};

} // namespace tacit::eval
