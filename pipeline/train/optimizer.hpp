// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/section.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tacit::train {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// The `optim` section.
struct OptimConfig {
    std::string name = "sgd";   ///< sgd (Nesterov) or adamw
    double lr = 0.05;           ///< peak learning rate
    std::int64_t lr_per = 0;    ///< > 0: lr is per this many samples of global batch (linear scaling); 0: lr as it is
    double weight_decay = 1e-4; ///< never applied to parameters of one dimension
    double momentum = 0.9;      ///< sgd
    std::vector<double> betas = {0.9, 0.999}; ///< adamw
    std::string schedule = "cosine";          ///< cosine (to 0) or constant
    double warmup_epochs = 0;                 ///< linear from 0
};

OptimConfig read_optim(const config::Section& optim);

/// Learning rate of `step` (0-based) of `total_steps`: linear warm-up, then cosine to zero
/// (Loshchilov & Hutter 2017) per step. Pure function: resume needs only the step.
double learning_rate(const OptimConfig& config, std::int64_t step, std::int64_t steps_per_epoch,
                     std::int64_t total_steps, std::int64_t global_batch);

/// SGD with Nesterov momentum or AdamW (decoupled decay, Loshchilov & Hutter 2019) over named
/// parameters, on LibTorch's optimisers; weight decay off for 1-D parameters. Reads .grad, never zeroes it.
class Optimizer {
  public:
    Optimizer(const NamedTensors& parameters, const OptimConfig& config);
    ~Optimizer();
    Optimizer(Optimizer&&) noexcept;
    Optimizer& operator=(Optimizer&&) noexcept;

    void step(double lr);
    /// State by parameter name ("backbone.conv1.weight.momentum_buffer", …); empty before the first step.
    NamedTensors state() const;
    /// Restores what state() gave. Throws DataError naming a missing, unexpected or misshapen tensor.
    void load_state(const NamedTensors& state);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tacit::train
