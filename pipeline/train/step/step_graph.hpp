// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"
#include "pipeline/train/step/device_graph.hpp"
#include "pipeline/train/train_config.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tacit::train {

/// Forward and backward pass of a micro-batch, recorded once on a GPU and replayed for each one after.
///
/// The first passes are made as ever, on the stream of the recording. Then one is recorded, which computes nothing, and
/// replayed for its own micro-batch: no pass is made twice, running statistics move once a micro-batch, and if
/// recording fails nothing has happened yet. Where another set of groups is trained, or inputs have other shapes, all
/// this begins anew. Recorded are copies of the inputs at fixed places, the pass, with gradients added up in the
/// reducer's buckets, and loss and metrics at fixed places. What is left to the host are zeroing and summing of
/// gradients, clipping, the optimiser, metrics and after_step(): a few fused kernels, whose rate, momentum, scale and
/// place in the run, and whether the step counts at all, are the host's numbers and change by step. Nothing of this is
/// state of a run. Parameters must stay at their addresses.
class StepGraph {
  public:
    /// Forward and backward pass of a micro-batch; loss and metrics, without gradient.
    using Pass = std::function<models::PretextLoss(const models::PretextInput&)>;

    /// `make` may be empty: then passes are never recorded. `required`: a pass that cannot be recorded is an error, and
    /// else a warning, after which all passes are made as ever.
    StepGraph(GraphMaker make, bool required, Pass pass);
    StepGraph(const StepGraph&) = delete;
    StepGraph& operator=(const StepGraph&) = delete;

    /// The pass of `batch`. `trained`: for each group, whether it takes a gradient. The result is good until the next
    /// call. Throws Error where the pass cannot be recorded and must be.
    models::PretextLoss run(const models::PretextInput& batch, const std::vector<bool>& trained);
    /// Whether the last pass was replayed.
    bool recorded() const { return recorded_; }

  private:
    bool fits(const models::PretextInput& batch, const std::vector<bool>& trained) const;
    void begin(const models::PretextInput& batch, const std::vector<bool>& trained);
    bool record(const models::PretextInput& batch);
    void recorded_pass();
    models::PretextLoss outputs() const;

    GraphMaker make_;
    bool required_;
    Pass pass_;
    std::unique_ptr<DeviceGraph> graph_; ///< of inputs like inputs_, training trained_
    std::vector<bool> trained_;
    int warm_ups_ = 0;
    bool recorded_ = false;
    models::PretextInput inputs_;    ///< where the recording reads; no ids and labels, which are on the host
    std::vector<std::string> names_; ///< of the metrics
    at::Tensor outputs_;             ///< [1 + metrics] float64: where the recording writes
};

/// Why the passes of these settings are not recorded, on any device, as the rest of a sentence; "": they can be.
std::string graph_obstacle(models::Pretext& pretext, const TrainConfig& config, int ranks);

} // namespace tacit::train
