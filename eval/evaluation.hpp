// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/eval_config.hpp"
#include "eval/feature_store.hpp"
#include "eval/results.hpp"
#include "pipeline/train/run_folder.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tacit::eval {

/// Judges one checkpoint of one run. What the commands probe, knn, finetune, embed and report call. Every member
/// function is collective over `comm`; results are equal on every rank, and rank 0 writes them into the run folder.
///
/// Baseline rows (raw pixels, random encoder, supervised from scratch) that a run beside this one (same parent
/// folder) has measured with the same data, network and options are taken from its files and say so in their
/// details; a row is never taken from a run that differs in any of them.
class Evaluation {
  public:
    /// `run` must have been loaded for the ranks of a *self* communicator, since its encoder works on one rank at a
    /// time; `comm` joins the ranks that share the work. Both must outlive this. `command`: what results say of how
    /// they were made, quoted for a shell.
    Evaluation(train::LoadedRun& run, const EvalConfig& config, dist::Communicator& comm, std::string command = "");

    /// Rows pretrained, raw pixels, random encoder -> eval/linear.json. (`tacit probe`)
    EvalResult linear();
    /// Rows pretrained, raw pixels, random encoder -> eval/knn.json. (`tacit knn`)
    EvalResult knn();
    /// Rows pretrained and supervised from scratch -> eval/finetune.json. (`tacit finetune`)
    EvalResult finetune();
    /// Frozen features of a split -> features/<split>.h5, or <split>-<digest of the data>.h5 where these are not the
    /// run's own; returns the path. (`tacit embed`)
    std::string embed(const std::string& split);
    /// The 2-D map of test images -> eval/map.json; nearest neighbours -> pictures/neighbours.png and
    /// eval/neighbours.json (left out for images that cannot be shown). Of other data than the run's own there are
    /// none, and false is returned. (`tacit embed`)
    bool pictures();

  private:
    /// Accuracy and details of one encoder.
    using Judge = std::function<ResultRow(const std::string& encoder)>;

    /// What the labels allow to be said, told by rank 0 before the work begins.
    void note(EvalResult& result, const std::vector<std::string>& notes);
    void note_left_out(EvalResult& result);
    EvalResult begun(const std::string& protocol, const std::string& measure,
                     const std::vector<std::string>& more_notes = {});
    EvalResult frozen_rows(EvalResult result, const Judge& judge);
    EvalResult finished(EvalResult result, double seconds);
    std::int64_t planned_steps();
    std::string baseline_key(const std::string& row, const std::string& protocol, const std::string& measure);
    const std::string& fresh_weights_digest();

    train::LoadedRun& run_;
    EvalConfig config_;
    dist::Communicator& comm_;
    std::string command_;
    FeatureStore store_;
    std::string fresh_digest_;
};

} // namespace tacit::eval
