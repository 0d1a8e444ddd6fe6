// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/pretext.hpp"

#include "models/modules.hpp"

#include <torch/types.h>

#include <algorithm>

namespace tacit::models {
namespace {

/// Biases, norms and gains, positions and single tokens.
bool is_plain(const std::string& name, const at::Tensor& tensor) {
    const auto last = name.substr(name.rfind('.') + 1);
    return tensor.dim() <= 1 || last == "pos_embed" || last.ends_with("_token");
}

} // namespace

ParameterGroup parameter_group(const std::string& name, const NamedTensors& tensors) {
    ParameterGroup group;
    group.name = name;
    group.update = name;
    for (const auto& [key, tensor] : tensors) {
        if (!tensor.requires_grad()) {
            continue;
        }
        group.tensors.emplace_back(key, tensor);
        if (is_plain(key, tensor)) {
            group.plain.insert(key);
        }
    }
    return group;
}

Pretext::Pretext(const PretextParts& parts) : Pretext(parts, parts.backbone) {}

Pretext::Pretext(const PretextParts& parts, std::shared_ptr<Backbone> backbone)
    : Pretext(std::move(backbone), parts.comm) {
    metrics_ = parts.metrics;
}

Pretext::Pretext(std::shared_ptr<Backbone> backbone, dist::Communicator& comm)
    : backbone_(std::move(backbone)), comm_(&comm) {
    register_module("backbone", backbone_);
}

std::vector<Metric> Pretext::metrics() const {
    return {metrics_.begin(), metrics_.end()};
}

std::vector<std::string> Pretext::updates() const {
    return {"main"};
}

bool Pretext::is_due(const StepContext& /*context*/) const {
    return true;
}

ParameterGroup Pretext::group_of(const std::string& name, const std::vector<std::string>& modules) const {
    NamedTensors members;
    for (const auto& item : named_parameters()) {
        if (std::any_of(modules.begin(), modules.end(),
                        [&](const std::string& module) { return item.key().starts_with(module + "."); })) {
            members.emplace_back(item.key(), item.value());
        }
    }
    return parameter_group(name, members);
}

std::vector<ParameterGroup> Pretext::groups() {
    NamedTensors all;
    for (const auto& item : named_parameters()) {
        all.emplace_back(item.key(), item.value());
    }
    return {parameter_group("main", all)};
}

GroupPlan Pretext::plan(const ParameterGroup& /*group*/, const StepContext& /*context*/) const {
    return {};
}

void Pretext::look_at(const TrainingData& /*data*/) {}

void Pretext::before_step(const StepContext& /*context*/) {}

void Pretext::after_step(const StepContext& /*context*/) {}

std::shared_ptr<Backbone> Pretext::evaluated() {
    return backbone_;
}

std::vector<PretextPicture> Pretext::pictures(const PretextInput& input) {
    const EvalMode mode(*this);
    return draw_pictures(input);
}

std::vector<PretextPicture> Pretext::draw_pictures(const PretextInput& /*input*/) {
    return {};
}

} // namespace tacit::models
