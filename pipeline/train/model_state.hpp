// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/train/optimizer.hpp"

#include <torch/nn/module.h>

namespace tacit::train {

/// Parameters and buffers of `module` by name, in the module's order. They share its memory.
NamedTensors model_state(const torch::nn::Module& module);

/// Copies `state` into the module. Throws DataError naming a missing, unexpected or misshapen tensor.
void load_model_state(torch::nn::Module& module, const NamedTensors& state);

/// Collective: `tensors` becomes rank 0's list (other ranks' is ignored), checked to be the same
/// bytes on all ranks.
void broadcast_tensors(NamedTensors& tensors, dist::Communicator& comm);

} // namespace tacit::train
