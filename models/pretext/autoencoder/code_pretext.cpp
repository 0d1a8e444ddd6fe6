// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/autoencoder/code_pretext.hpp"

#include <torch/types.h>

namespace tacit::models {

CodePretext::CodePretext(const PretextParts& parts, const Defaults& defaults)
    : Pretext(parts), reconstruction_(parts.section, parts.shape, defaults.scale),
      features_(parts.section, "pooled", backbone()),
      activation_(parts.section.choice({"code_activation", "of the code"}, defaults.activation, Activation::names())) {
    const auto size = parts.section.integer(
        {"bottleneck", "of the code, linear in the features; 0: the features are the code", "dimensions"},
        defaults.bottleneck, {0, 65536});
    MapShape code = features_.shape();
    if (size > 0) {
        bottleneck_ = register_module("bottleneck", torch::nn::Linear(features_.values(), size));
        code = {size, 1, 1};
    }
    decoder_ = register_module("decoder",
                               read_decoder(parts.section, {code, backbone(), bottleneck_, parts.shape, parts.comm}));
}

at::Tensor CodePretext::encode(const at::Tensor& images) {
    const auto features = features_(backbone(), images);
    const bool vector = !bottleneck_.is_empty() || code_sizes().size() == 1;
    const auto code = vector ? features.flatten(1) : features;
    return activation_(bottleneck_.is_empty() ? code : bottleneck_(code));
}

std::vector<std::int64_t> CodePretext::code_sizes() const {
    const MapShape& map = features_.shape();
    if (!bottleneck_.is_empty()) {
        return {bottleneck_->weight.size(0)};
    }
    return map.height == 1 && map.width == 1 ? std::vector{map.channels}
                                             : std::vector{map.channels, map.height, map.width};
}

at::Tensor CodePretext::reconstruction(const at::Tensor& code, const PretextInput& input) {
    return reconstruction_.share(decoder_->forward(code), input.views.back(), input.global_count);
}

std::vector<PretextPicture> CodePretext::draw_pictures(const PretextInput& input) {
    return {reconstruction_picture(input, [&](const at::Tensor& images) { return decode(encode(images)); })};
}

} // namespace tacit::models
