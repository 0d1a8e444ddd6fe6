// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/eval_config.hpp"
#include "eval/features/feature_store.hpp"
#include "eval/protocols/protocol.hpp"
#include "eval/results/results.hpp"
#include "pipeline/train/run/run_folder.hpp"

#include <string>
#include <vector>

namespace tacit::eval {

/// Judges one checkpoint of one run. What the commands of protocols and embed call. Every member function is
/// collective over `comm`; results are equal on every rank, and rank 0 writes them into the run folder.
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

    /// The rows of the protocol's subjects -> eval/<protocol>.json.
    EvalResult judge(const ProtocolEntry& entry, Protocol& protocol);
    /// Frozen features of a split -> features/<split>.h5, or <split>-<digest of the data>.h5 where these are not the
    /// run's own; returns the path. (`tacit embed`)
    std::string embed(const std::string& split);
    /// The 2-D map of test images -> eval/map.json; nearest neighbours -> pictures/neighbours.png and
    /// eval/neighbours.json (left out for images that cannot be shown). Of other data than the run's own there are
    /// none, and false is returned. (`tacit embed`)
    bool pictures();

  private:
    /// What the labels allow to be said, told by rank 0 before the work begins.
    void note(EvalResult& result, const std::vector<std::string>& notes);
    void note_left_out(EvalResult& result);
    EvalResult begun(const ProtocolEntry& entry, const Protocol& protocol);
    std::int64_t planned_steps();
    std::string baseline_key(const std::string& row, const EvalResult& result, const Protocol& protocol);
    const std::string& fresh_weights_digest();

    train::LoadedRun& run_;
    EvalConfig config_;
    dist::Communicator& comm_;
    std::string command_;
    FeatureStore store_;
    std::string fresh_digest_;
};

} // namespace tacit::eval
