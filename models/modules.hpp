// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/named_tensors.hpp"

#include <ATen/core/grad_mode.h>
#include <torch/nn/module.h>

#include <utility>
#include <vector>

namespace tacit::models {

/// Scope in which a module is judged: it and all of its parts are in eval mode, and this thread records no gradients.
/// Afterwards each part has its own mode again, so that a part held in eval mode by a module that trains stays so.
class EvalMode {
  public:
    /// `module` must outlive this.
    explicit EvalMode(torch::nn::Module& module);
    ~EvalMode();
    EvalMode(const EvalMode&) = delete;
    EvalMode& operator=(const EvalMode&) = delete;

  private:
    std::vector<std::pair<torch::nn::Module*, bool>> was_training_; ///< parents before their children
    at::NoGradGuard no_grad_;
};

/// Parameters, then buffers of `module` by name, in the module's order. They share its memory.
NamedTensors model_state(const torch::nn::Module& module);

/// Gives the module's convolution weights the channels-last memory format; values stay.
void prefer_channels_last(torch::nn::Module& module);

} // namespace tacit::models
