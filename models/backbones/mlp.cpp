// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/mlp.hpp"

#include "models/backbones/families.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/init.h>
#include <torch/types.h>

#include <utility>

namespace tacit::models {
namespace {

namespace nn = torch::nn;

/// He et al. 2015 for the ReLU family; else variance 1 / inputs (LeCun et al. 1998), which keeps that of the input.
void start_weights(const nn::Linear& linear, const Activation& activation) {
    using Kind = Activation::Kind;
    const bool rectified =
        activation.kind() == Kind::relu || activation.kind() == Kind::leaky_relu || activation.kind() == Kind::gelu;
    nn::init::kaiming_normal_(linear->weight, 0.0, torch::kFanIn,
                              rectified ? nn::init::NonlinearityType(torch::kReLU) : torch::kLinear);
    if (linear->bias.defined()) {
        nn::init::zeros_(linear->bias);
    }
}

} // namespace

Mlp::Mlp(augment::ImageShape shape, MlpOptions options, dist::Communicator& comm)
    : shape_(shape), options_(std::move(options)) {
    const NormKind kind = norm_kind(options_.norm);
    auto inputs = static_cast<std::int64_t>(shape.values());
    for (std::size_t i = 0; i < options_.hidden.size(); ++i) {
        const auto outputs = options_.hidden[i];
        const nn::Linear linear(nn::LinearOptions(inputs, outputs).bias(kind == NormKind::none));
        start_weights(linear, options_.activation);
        linears_.push_back(register_module(fmt::format("linear{}", i + 1), linear));
        norms_.emplace_back(kind, outputs, comm);
        if (const auto norm = norms_.back().module()) {
            register_module(fmt::format("norm{}", i + 1), norm);
        }
        inputs = outputs;
    }
}

at::Tensor Mlp::layer(std::size_t i, const at::Tensor& input) {
    auto output = options_.activation(norms_[i], linears_[i](input));
    if (options_.dropout > 0 && is_training() && torch::GradMode::is_enabled()) {
        const auto uniform = draws_.next(output.size(0), output.size(1), output.device()).t();
        output = output * uniform.ge(options_.dropout).to(output.scalar_type()) / (1 - options_.dropout);
    }
    return output;
}

std::vector<std::string> Mlp::layer_names() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < options_.hidden.size(); ++i) {
        names.push_back(fmt::format("{}{}", options_.norm == "none" ? "linear" : "norm", i + 1));
    }
    return names;
}

Architecture Mlp::architecture() const {
    std::vector<std::pair<std::string, std::string>> shaped = {
        {"hidden", fmt::format("[{}]", fmt::join(options_.hidden, ", "))}};
    if (options_.norm != "batch") {
        shaped.emplace_back("norm", options_.norm);
    }
    if (options_.activation.kind() != Activation::Kind::relu) {
        shaped.emplace_back("activation", options_.activation.name());
    }
    return {"mlp", shaped, std::nullopt};
}

std::string Mlp::unfit(std::int64_t height, std::int64_t width) const {
    return height == shape_.height && width == shape_.width
               ? ""
               : fmt::format("was made for images of {}x{} pixels and takes no others, got {}x{}", shape_.height,
                             shape_.width, height, width);
}

at::Tensor Mlp::encode(const at::Tensor& images, LayerTap& tap) {
    const auto names = layer_names();
    auto features = images.flatten(1);
    for (std::size_t i = 0; i < linears_.size(); ++i) {
        features = layer(i, features);
        tap.take(names[i], features.unsqueeze(-1).unsqueeze(-1));
    }
    return features.unsqueeze(-1).unsqueeze(-1);
}

BackboneMaker read_mlp(const BackboneRequest& request) {
    const auto& model = request.model;
    MlpOptions options;
    options.hidden = model.integers({"hidden", "of each layer; the last is the features'", "dimensions"},
                                    options.hidden, {1, 65536});
    if (options.hidden.empty()) {
        model.fail("hidden", "needs at least one layer size, such as [512, 256]");
    }
    options.norm =
        model.choice({"norm", "of each layer, before the activation"}, options.norm, {"none", "batch", "group"});
    options.activation =
        Activation(model.choice({"activation", "of each layer, the last too; none gives linear layers"},
                                options.activation.name(), Activation::names()));
    options.dropout = model.number({"dropout", "share of each layer's outputs that training drops (Srivastava et al. "
                                               "2014)"},
                                   options.dropout, {0, 0.95});
    return
        [options, shape = request.shape, &comm = request.comm] { return std::make_shared<Mlp>(shape, options, comm); };
}

} // namespace tacit::models
