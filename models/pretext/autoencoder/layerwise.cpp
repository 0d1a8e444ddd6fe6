// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/autoencoder/layerwise.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <utility>

namespace tacit::models {
namespace {

std::string layer_group(std::size_t layer) {
    return fmt::format("layer {}", layer + 1);
}

/// Number of the layer that a parameter belongs to, from 0: "backbone.linear2.weight", "decoder.bias2" -> 1.
std::size_t layer_of(const std::string& name, std::size_t layers) {
    if (name.starts_with("bottleneck.")) {
        return layers - 1;
    }
    const auto digit = name.find_first_of("0123456789");
    return std::stoul(name.substr(digit)) - 1;
}

} // namespace

Layerwise::Layerwise(double epochs, Mlp& encoder, torch::nn::Linear last, const Activation& activation,
                     MirrorDecoder& decoder)
    : epochs_(epochs), encoder_(&encoder), last_(std::move(last)), activation_(activation), decoder_(&decoder) {}

std::optional<std::size_t> Layerwise::phase(const StepContext& at) const {
    const double place = at.epoch() / epochs_;
    if (place >= static_cast<double>(decoder_->layers())) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(place);
}

at::Tensor Layerwise::encoded(std::size_t layer, const at::Tensor& input) {
    if (layer < encoder_->linears().size()) {
        const auto output = encoder_->layer(layer, input);
        return last_.is_empty() && layer + 1 == encoder_->linears().size() ? activation_(output) : output;
    }
    return activation_(last_(input));
}

at::Tensor Layerwise::input_of(std::size_t layer, const at::Tensor& images) {
    const torch::NoGradGuard no_gradient;
    at::Tensor input = images.flatten(1);
    for (std::size_t i = 0; i < layer; ++i) {
        input = encoded(i, input);
    }
    return input;
}

at::Tensor Layerwise::reconstructed(std::size_t layer, const at::Tensor& input) {
    return decoder_->layer(layer, encoded(layer, input));
}

std::vector<ParameterGroup> Layerwise::groups(const NamedTensors& parameters) const {
    std::vector<NamedTensors> members(decoder_->layers());
    for (const auto& parameter : parameters) {
        members[layer_of(parameter.first, members.size())].push_back(parameter);
    }
    std::vector<ParameterGroup> groups;
    for (std::size_t layer = 0; layer < members.size(); ++layer) {
        groups.push_back(parameter_group(layer_group(layer), members[layer]));
        groups.back().update = "main";
    }
    return groups;
}

GroupPlan Layerwise::plan(const ParameterGroup& group, const StepContext& at) const {
    const auto alone = phase(at);
    return {!alone || group.name == layer_group(*alone), 1};
}

} // namespace tacit::models
