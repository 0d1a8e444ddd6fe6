// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/named_tensors.hpp"
#include "models/pretext/pretext.hpp"
#include "pipeline/train/optim/config.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tacit::train {

/// What one step of a group is made with.
struct StepSize {
    double lr = 0;
    double weight_decay = 0;
    double momentum = 0.9; ///< sgd, lars
};

/// Moves parameters along their .grad, which it reads and never zeroes. The state of a parameter lies in memory as the
/// parameter does. Not thread-safe.
class Optimizer {
  public:
    virtual ~Optimizer() = default;
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;

    /// One step of the parameters of group `group`, counted as the optimiser was made.
    void step(std::size_t group, const StepSize& size);
    /// step() of every group that has moved before, along the gradients that it has: for measurements.
    void repeat(const StepSize& size);
    /// State by parameter name ("backbone.conv1.weight.momentum_buffer", …); a group that never moved has none.
    NamedTensors state() const;
    /// Restores what state() gave. Throws DataError naming a missing, unexpected or misshapen tensor.
    void load_state(const NamedTensors& state);

  protected:
    /// Parameters of a group that move alike.
    struct Slice {
        std::size_t group = 0;
        bool plain = false; ///< without weight decay and trust ratio
        std::vector<std::string> names;
        std::vector<at::Tensor> parameters;
        std::vector<std::vector<at::Tensor>> state; ///< of each kind, of each parameter; empty before the first step
        std::int64_t steps = 0;                     ///< made before this one
    };

    /// `kinds`: names of the tensors of a parameter's state, each of its shape, zero before the first step;
    /// `counts_steps`: "step" is part of the state.
    Optimizer(const std::vector<models::ParameterGroup>& groups, std::vector<std::string> kinds, bool counts_steps);
    /// Moves the parameters of `slice`; `gradients` lie in memory as they do. `size.weight_decay` is 0 for plain ones.
    virtual void move(Slice& slice, std::vector<at::Tensor>& gradients, const StepSize& size) = 0;

  private:
    /// A parameter's place: the slice and its number there.
    struct Place {
        std::size_t slice;
        std::size_t number;
    };

    void make_state(Slice& slice) const;

    std::vector<Slice> slices_;
    std::vector<Place> places_; ///< in the order in which the groups name the parameters
    std::vector<std::string> kinds_;
    bool counts_steps_;
};

/// adam, adamw, lamb, lars, sgd: each is documented and defined in the file of its name (adamw in adam.cpp).
std::vector<std::string> optimizer_names();

/// The optimiser config.name over the parameters of `groups`.
std::unique_ptr<Optimizer> make_optimizer(const std::vector<models::ParameterGroup>& groups, const OptimConfig& config);

} // namespace tacit::train
