// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace tacit::train {

/// What the trainer itself says in each line of metrics.jsonl.
std::span<const models::Metric> trainer_metrics();

/// "loss" of the update main, "loss_critic" of critic.
std::string loss_name(const std::string& update);

/// What the updates of a step report: names that all ranks agreed on at the start, shares that stay on their device
/// until they are summed.
class StepMetrics {
  public:
    /// Collective. Throws std::logic_error when the pretext's names repeat each other or the trainer's, DistError when
    /// ranks have different ones.
    StepMetrics(const models::Pretext& pretext, dist::Communicator& comm);

    /// Adds this rank's share, a scalar. Throws std::logic_error for a name that was not declared.
    void add(const std::string& name, const at::Tensor& share);
    /// Collective: what was added since the last call, summed over ranks. `more` becomes its sum over ranks, in the
    /// same collective. `also`, float64 [n] or undefined, is this rank's own and comes to the host by the same wait for
    /// the device. Throws std::logic_error on all ranks when a name was given on some of them only.
    std::map<std::string, double> sum(std::span<double> more, at::Tensor& also);

  private:
    dist::Communicator& comm_;
    std::vector<std::string> names_; ///< sorted
    std::map<std::string, at::Tensor> shares_;
};

} // namespace tacit::train
