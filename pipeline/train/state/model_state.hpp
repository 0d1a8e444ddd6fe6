// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "dist/named_tensors.hpp"
#include "pipeline/base/error.hpp"

#include <torch/nn/module.h>

#include <string>

namespace tacit::train {

/// Weights that are no finite numbers: training has diverged.
class NotFiniteError : public DataError {
  public:
    using DataError::DataError;
};

/// Throws NotFiniteError that says how many of `tensors`, "what"s, hold NaN or an infinity, and the first one's name.
void require_finite(const NamedTensors& tensors, const std::string& what);

/// Copies `state` into the module. Throws DataError naming a missing, unexpected or misshapen tensor.
void load_model_state(torch::nn::Module& module, const NamedTensors& state);

/// Collective: `tensors` becomes rank 0's list (other ranks' is ignored), checked to be the same
/// bytes on all ranks.
void broadcast_tensors(NamedTensors& tensors, dist::Communicator& comm);

} // namespace tacit::train
