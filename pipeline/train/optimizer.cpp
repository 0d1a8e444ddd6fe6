// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optimizer.hpp"

#include "pipeline/base/error.hpp"

#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>
#include <torch/types.h>

#include <fmt/format.h>
#include <set>

namespace tacit::train {

namespace {

using torch::optim::AdamWParamState;
using torch::optim::SGDParamState;

std::vector<torch::optim::OptimizerParamGroup> parameter_groups(const NamedTensors& parameters,
                                                                const torch::optim::OptimizerOptions& decayed,
                                                                const torch::optim::OptimizerOptions& plain) {
    std::vector<at::Tensor> matrices;
    std::vector<at::Tensor> vectors;
    for (const auto& [name, tensor] : parameters)
        (tensor.dim() > 1 ? matrices : vectors).push_back(tensor);
    std::vector<torch::optim::OptimizerParamGroup> groups;
    if (!matrices.empty())
        groups.emplace_back(std::move(matrices), decayed.clone());
    if (!vectors.empty())
        groups.emplace_back(std::move(vectors), plain.clone());
    return groups;
}

std::unique_ptr<torch::optim::Optimizer> make_sgd(const NamedTensors& parameters, const OptimConfig& config) {
    torch::optim::SGDOptions plain(config.lr);
    plain.momentum(config.momentum).nesterov(config.momentum > 0);
    torch::optim::SGDOptions decayed = plain;
    decayed.weight_decay(config.weight_decay);
    return std::make_unique<torch::optim::SGD>(parameter_groups(parameters, decayed, plain), plain);
}

std::unique_ptr<torch::optim::Optimizer> make_adamw(const NamedTensors& parameters, const OptimConfig& config) {
    torch::optim::AdamWOptions plain(config.lr);
    plain.betas({config.betas.at(0), config.betas.at(1)}).weight_decay(0);
    torch::optim::AdamWOptions decayed = plain;
    decayed.weight_decay(config.weight_decay);
    return std::make_unique<torch::optim::AdamW>(parameter_groups(parameters, decayed, plain), plain);
}

/// Takes tensors out of a saved state by name and remembers which were taken.
class StateReader {
  public:
    explicit StateReader(const NamedTensors& state) {
        for (const auto& [name, tensor] : state)
            tensors_.emplace(name, tensor);
    }

    bool holds(const std::string& name) const { return tensors_.contains(name); }

    at::Tensor take(const std::string& name, at::IntArrayRef shape) {
        const auto found = tensors_.find(name);
        if (found == tensors_.end())
            throw DataError(fmt::format("the optimizer state lacks '{}'; the checkpoint is of another model", name));
        if (found->second.sizes() != shape)
            throw DataError(
                fmt::format("the optimizer state '{}' has shape {}, the model needs {}; the checkpoint is of "
                            "another model",
                            name, c10::str(found->second.sizes()), c10::str(shape)));
        taken_.insert(name);
        return found->second;
    }

    at::Tensor take_like(const std::string& name, const at::Tensor& parameter) {
        const at::Tensor stored = take(name, parameter.sizes());
        at::Tensor copy = torch::empty_like(parameter, parameter.options().requires_grad(false));
        copy.copy_(stored);
        return copy;
    }

    void expect_all_taken() const {
        for (const auto& [name, tensor] : tensors_)
            if (!taken_.contains(name))
                throw DataError(fmt::format(
                    "the optimizer state holds '{}', which the model and optimizer do not have; the checkpoint is "
                    "of another model or optimizer",
                    name));
    }

  private:
    std::map<std::string, at::Tensor> tensors_;
    std::set<std::string> taken_;
};

std::unique_ptr<torch::optim::OptimizerParamState> read_sgd(StateReader& reader, const std::string& name,
                                                            const at::Tensor& parameter) {
    auto state = std::make_unique<SGDParamState>();
    state->momentum_buffer(reader.take_like(name + ".momentum_buffer", parameter));
    return state;
}

std::unique_ptr<torch::optim::OptimizerParamState> read_adamw(StateReader& reader, const std::string& name,
                                                              const at::Tensor& parameter) {
    auto state = std::make_unique<AdamWParamState>();
    state->exp_avg(reader.take_like(name + ".exp_avg", parameter));
    state->exp_avg_sq(reader.take_like(name + ".exp_avg_sq", parameter));
    state->step(reader.take(name + ".step", {}).item<std::int64_t>());
    return state;
}

} // namespace

OptimConfig read_optim(const config::Section& optim) {
    OptimConfig config;
    config.name = optim.choice("name", config.name, {"sgd", "adamw"});
    config.lr = optim.number("lr", config.lr, {1e-12, 1e3});
    config.lr_per = optim.integer("lr_per", config.lr_per, {0, 1 << 24});
    config.weight_decay = optim.number("weight_decay", config.weight_decay, {0.0, 1e3});
    config.momentum = optim.number("momentum", config.momentum, {0.0, 0.9999});
    config.betas = optim.numbers("betas", config.betas, {0.0, 0.999999});
    if (config.betas.size() != 2)
        optim.fail("betas", fmt::format("needs two numbers, such as [0.9, 0.999], and has {}", config.betas.size()));
    config.schedule = optim.choice("schedule", config.schedule, {"cosine", "constant"});
    config.warmup_epochs = optim.number("warmup_epochs", config.warmup_epochs, {0.0, 1e6});
    return config;
}

struct Optimizer::Impl {
    NamedTensors parameters;
    std::unique_ptr<torch::optim::Optimizer> optimizer;
    bool adamw = false;
};

Optimizer::Optimizer(const NamedTensors& parameters, const OptimConfig& config) : impl_(std::make_unique<Impl>()) {
    for (const auto& entry : parameters)
        if (entry.second.requires_grad())
            impl_->parameters.push_back(entry);
    impl_->adamw = config.name == "adamw";
    impl_->optimizer = impl_->adamw ? make_adamw(impl_->parameters, config) : make_sgd(impl_->parameters, config);
}

Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;

void Optimizer::step(double lr) {
    for (auto& group : impl_->optimizer->param_groups())
        group.options().set_lr(lr);
    impl_->optimizer->step();
}

NamedTensors Optimizer::state() const {
    NamedTensors tensors;
    const auto& states = impl_->optimizer->state();
    for (const auto& [name, parameter] : impl_->parameters) {
        const auto found = states.find(parameter.unsafeGetTensorImpl());
        if (found == states.end())
            continue;
        if (impl_->adamw) {
            const auto& state = static_cast<const AdamWParamState&>(*found->second);
            tensors.emplace_back(name + ".exp_avg", state.exp_avg());
            tensors.emplace_back(name + ".exp_avg_sq", state.exp_avg_sq());
            tensors.emplace_back(name + ".step", torch::tensor(state.step(), torch::kInt64));
        } else {
            const auto& state = static_cast<const SGDParamState&>(*found->second);
            if (state.momentum_buffer().defined())
                tensors.emplace_back(name + ".momentum_buffer", state.momentum_buffer());
        }
    }
    return tensors;
}

void Optimizer::load_state(const NamedTensors& state) {
    StateReader reader(state);
    auto& states = impl_->optimizer->state();
    states.clear();
    const std::string first = impl_->adamw ? ".exp_avg" : ".momentum_buffer";
    for (const auto& [name, parameter] : impl_->parameters) {
        if (state.empty())
            break;
        // A parameter that never had a gradient has no state.
        if (!reader.holds(name + first) && !parameter.grad().defined())
            continue;
        states[parameter.unsafeGetTensorImpl()] =
            impl_->adamw ? read_adamw(reader, name, parameter) : read_sgd(reader, name, parameter);
    }
    reader.expect_all_taken();
}

} // namespace tacit::train
