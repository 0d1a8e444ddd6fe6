// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optim/optimizer.hpp"

#include "pipeline/base/error.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace tacit::train {

using OptimizerFactory = std::unique_ptr<Optimizer>(const std::vector<models::ParameterGroup>& groups,
                                                    const OptimConfig& config);
OptimizerFactory make_adam, make_adamw, make_lamb, make_lars, make_sgd;

namespace {

struct OptimizerEntry {
    const char* name;
    OptimizerFactory* make;
};

constexpr std::array kOptimizers = {OptimizerEntry{"adam", make_adam}, OptimizerEntry{"adamw", make_adamw},
                                    OptimizerEntry{"lamb", make_lamb}, OptimizerEntry{"lars", make_lars},
                                    OptimizerEntry{"sgd", make_sgd}};

/// Takes tensors out of a saved state by name and remembers which were taken.
class StateReader {
  public:
    explicit StateReader(const NamedTensors& state) {
        for (const auto& [name, tensor] : state) {
            tensors_.emplace(name, tensor);
        }
    }

    bool holds(const std::string& name) const { return tensors_.contains(name); }

    at::Tensor take(const std::string& name, at::IntArrayRef shape) {
        const auto found = tensors_.find(name);
        if (found == tensors_.end()) {
            throw DataError(fmt::format("the optimizer state lacks '{}'; the checkpoint is of another model", name));
        }
        if (found->second.sizes() != shape) {
            throw DataError(
                fmt::format("the optimizer state '{}' has shape {}, the model needs {}; the checkpoint is of "
                            "another model",
                            name, c10::str(found->second.sizes()), c10::str(shape)));
        }
        taken_.insert(name);
        return found->second;
    }

    void expect_all_taken() const {
        for (const auto& [name, tensor] : tensors_) {
            if (!taken_.contains(name)) {
                throw DataError(fmt::format(
                    "the optimizer state holds '{}', which the model and optimizer do not have; the checkpoint is "
                    "of another model or optimizer",
                    name));
            }
        }
    }

  private:
    std::map<std::string, at::Tensor> tensors_;
    std::set<std::string> taken_;
};

/// The gradient, in memory as its parameter: LibTorch's fused kernels go through both as flat memory.
at::Tensor gradient_of(const at::Tensor& parameter, const std::string& name) {
    const at::Tensor& gradient = parameter.grad();
    if (!gradient.defined()) {
        throw std::logic_error(fmt::format("Optimizer: parameter {} has no gradient", name));
    }
    return gradient.strides() == parameter.strides() ? gradient : at::empty_like(parameter).copy_(gradient);
}

} // namespace

Optimizer::Optimizer(const std::vector<models::ParameterGroup>& groups, std::vector<std::string> kinds,
                     bool counts_steps)
    : kinds_(std::move(kinds)), counts_steps_(counts_steps) {
    for (std::size_t group = 0; group < groups.size(); ++group) {
        for (const bool plain : {false, true}) {
            slices_.emplace_back();
            slices_.back().group = group;
            slices_.back().plain = plain;
        }
        for (const auto& [name, tensor] : groups[group].tensors) {
            const std::size_t place = 2 * group + (groups[group].plain.contains(name) ? 1 : 0);
            places_.push_back({place, slices_[place].names.size()});
            slices_[place].names.push_back(name);
            slices_[place].parameters.push_back(tensor);
        }
    }
}

void Optimizer::make_state(Slice& slice) const {
    slice.state.assign(kinds_.size(), {});
    for (auto& tensors : slice.state) {
        tensors.reserve(slice.parameters.size());
        for (const at::Tensor& parameter : slice.parameters) {
            tensors.push_back(torch::zeros_like(parameter, parameter.options().requires_grad(false)));
        }
    }
}

void Optimizer::step(std::size_t group, const StepSize& size) {
    const torch::NoGradGuard no_gradient;
    for (Slice& slice : slices_) {
        if (slice.group != group || slice.names.empty()) {
            continue;
        }
        if (slice.state.empty()) {
            make_state(slice);
        }
        std::vector<at::Tensor> gradients;
        gradients.reserve(slice.parameters.size());
        for (std::size_t i = 0; i < slice.parameters.size(); ++i) {
            gradients.push_back(gradient_of(slice.parameters[i], slice.names[i]));
        }
        StepSize own = size;
        own.weight_decay = slice.plain ? 0 : size.weight_decay;
        move(slice, gradients, own);
        ++slice.steps;
    }
}

void Optimizer::repeat(const StepSize& size) {
    std::set<std::size_t> moved;
    for (const Slice& slice : slices_) {
        if (!slice.state.empty()) {
            moved.insert(slice.group);
        }
    }
    for (const std::size_t group : moved) {
        step(group, size);
    }
}

NamedTensors Optimizer::state() const {
    NamedTensors tensors;
    for (const auto& [place, number] : places_) {
        const Slice& slice = slices_[place];
        if (slice.state.empty()) {
            continue;
        }
        for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
            tensors.emplace_back(slice.names[number] + "." + kinds_[kind], slice.state[kind][number]);
        }
        if (counts_steps_) {
            tensors.emplace_back(slice.names[number] + ".step", torch::tensor(slice.steps, torch::kInt64));
        }
    }
    return tensors;
}

void Optimizer::load_state(const NamedTensors& state) {
    const torch::NoGradGuard no_gradient;
    StateReader reader(state);
    std::set<std::size_t> moved; // groups: all parameters of one move together
    for (const Slice& slice : slices_) {
        if (std::any_of(slice.names.begin(), slice.names.end(),
                        [&](const std::string& name) { return reader.holds(name + "." + kinds_.front()); })) {
            moved.insert(slice.group);
        }
    }
    for (Slice& slice : slices_) {
        slice.state.clear();
        slice.steps = 0;
        if (!moved.contains(slice.group)) {
            continue;
        }
        make_state(slice);
        slice.steps = 1; // enough to know that it has moved, where steps are not counted
        for (std::size_t i = 0; i < slice.names.size(); ++i) {
            for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
                at::Tensor& tensor = slice.state[kind][i];
                tensor.copy_(reader.take(slice.names[i] + "." + kinds_[kind], tensor.sizes()));
            }
            if (counts_steps_) {
                slice.steps = reader.take(slice.names[i] + ".step", {}).item<std::int64_t>();
            }
        }
    }
    reader.expect_all_taken();
}

std::vector<std::string> optimizer_names() {
    std::vector<std::string> names;
    for (const auto& entry : kOptimizers) {
        names.emplace_back(entry.name);
    }
    return names;
}

std::unique_ptr<Optimizer> make_optimizer(const std::vector<models::ParameterGroup>& groups,
                                          const OptimConfig& config) {
    const auto* entry = std::find_if(kOptimizers.begin(), kOptimizers.end(),
                                     [&](const OptimizerEntry& candidate) { return config.name == candidate.name; });
    if (entry == kOptimizers.end()) {
        throw std::logic_error("make_optimizer: no optimizer is called " + config.name);
    }
    return entry->make(groups, config);
}

} // namespace tacit::train
