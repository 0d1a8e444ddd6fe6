// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/pretext.hpp"

#include <torch/types.h>

#include <algorithm>

namespace tacit::models {

Pretext::Pretext(const PretextParts& parts) : Pretext(parts.backbone, parts.comm) {}

Pretext::Pretext(std::shared_ptr<Backbone> backbone, dist::Communicator& comm)
    : backbone_(std::move(backbone)), comm_(&comm) {
    register_module("backbone", backbone_);
}

std::vector<std::string> Pretext::metric_names() const {
    return {};
}

std::vector<std::string> Pretext::updates() const {
    return {"main"};
}

bool Pretext::is_due(const StepContext& /*context*/) const {
    return true;
}

ParameterGroup Pretext::group_of(const std::string& name, const std::vector<std::string>& modules) const {
    ParameterGroup group;
    group.name = name;
    group.update = name;
    for (const auto& item : named_parameters()) {
        const bool member = std::any_of(modules.begin(), modules.end(), [&](const std::string& module) {
            return module.empty() || item.key().starts_with(module + ".");
        });
        if (!member || !item.value().requires_grad()) {
            continue;
        }
        group.tensors.emplace_back(item.key(), item.value());
        if (item.value().dim() <= 1) {
            group.plain.insert(item.key());
        }
    }
    return group;
}

std::vector<ParameterGroup> Pretext::groups() {
    return {group_of("main", {""})};
}

GroupPlan Pretext::plan(const ParameterGroup& /*group*/, const StepContext& /*context*/) const {
    return {};
}

void Pretext::before_step(const StepContext& /*context*/) {}

void Pretext::after_step(const StepContext& /*context*/) {}

std::shared_ptr<Backbone> Pretext::evaluated() {
    return backbone_;
}

std::vector<PretextPicture> Pretext::pictures(const PretextInput& /*input*/) {
    return {};
}

} // namespace tacit::models
