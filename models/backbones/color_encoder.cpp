// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/color_encoder.hpp"

#include "models/parts/lab.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>

#include <utility>

namespace tacit::models {

at::Tensor lightness_of(const at::Tensor& pixels) {
    return (lab_of(pixels).slice(1, 0, 1) - 50) / 25;
}

at::Tensor chroma_of(const at::Tensor& pixels) {
    return lab_of(pixels).slice(1, 1, 3) / 25;
}

at::Tensor grey_of(const at::Tensor& pixels) {
    return (pixels.mean(1, /*keepdim=*/true) - 0.5) / 0.25;
}

ColorEncoder::ColorEncoder(std::vector<ColorPart> parts, PixelScale scale)
    : parts_(std::move(parts)), scale_(std::move(scale)) {
    for (const ColorPart& part : parts_) {
        register_module(part.name, part.network);
    }
    register_module("scale", scale_);
}

template <class Make> at::Tensor ColorEncoder::joined(const at::Tensor& images, const Make& made) {
    const auto pixels = scale_->pixels(images);
    std::vector<at::Tensor> outputs;
    for (const ColorPart& part : parts_) {
        outputs.push_back(made(*part.network, part.shown(pixels)));
    }
    return torch::cat(outputs, 1);
}

at::Tensor ColorEncoder::forward(const at::Tensor& images) {
    return joined(images, [](Backbone& network, const at::Tensor& shown) { return network.forward(shown); });
}

at::Tensor ColorEncoder::encode(const at::Tensor& images, LayerTap& tap) {
    const auto pixels = scale_->pixels(images);
    for (const auto& name : layer_names()) {
        if (!tap.wants(name)) {
            continue;
        }
        std::vector<at::Tensor> maps, features;
        for (const ColorPart& part : parts_) {
            const LayerOutput output = part.network->layers(part.shown(pixels), {name}).front();
            maps.push_back(output.map);
            features.push_back(output.features);
        }
        tap.take(name, {torch::cat(maps, 1), torch::cat(features, 1)});
    }
    return joined(images, [](Backbone& network, const at::Tensor& shown) { return network.feature_map(shown); });
}

void ColorEncoder::begin_step(const StepContext& at, const at::Tensor& ids) {
    for (std::size_t part = 0; part < parts_.size(); ++part) {
        parts_[part].network->begin_step(of_part(at, part), ids);
    }
}

std::vector<std::string> ColorEncoder::layer_names() const {
    return first().layer_names();
}

std::int64_t ColorEncoder::feature_dim() const {
    return first().feature_dim() * static_cast<std::int64_t>(parts_.size());
}

MapShape ColorEncoder::map_shape() const {
    MapShape shape = first().map_shape();
    shape.channels *= static_cast<std::int64_t>(parts_.size());
    return shape;
}

Architecture ColorEncoder::architecture() const {
    Architecture network = first().architecture();
    std::vector<std::string> names;
    for (const ColorPart& part : parts_) {
        names.push_back(part.name);
    }
    network.name = fmt::format("{} of {}", network.name, fmt::join(names, " and "));
    network.python.reset(); // which would give it colours
    network.remedy.clear();
    return network;
}

std::string ColorEncoder::unfit(std::int64_t height, std::int64_t width) const {
    return first().unfit(height, width);
}

std::string ColorEncoder::slow(std::int64_t height, std::int64_t width) const {
    return first().slow(height, width);
}

} // namespace tacit::models
