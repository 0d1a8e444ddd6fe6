// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/masking/color_task.hpp"

#include "models/parts/lab.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

namespace tacit::models {

void require_colours(const PretextParts& parts) {
    if (parts.shape.channels != 3) {
        parts.section.fail("name", fmt::format("{} learns from the colours of images with 3 channels, red, green and "
                                               "blue, and these have {}; choose another, e.g. autoencoder",
                                               parts.section.required_text(kPretextName), parts.shape.channels));
    }
}

augment::ImageShape quarter_shape(const PretextParts& parts, const Backbone& backbone, std::int64_t channels) {
    const MapShape map = backbone.map_shape();
    return {std::max((parts.shape.height + 3) / 4, static_cast<int>(map.height)),
            std::max((parts.shape.width + 3) / 4, static_cast<int>(map.width)), static_cast<int>(channels)};
}

at::Tensor averaged_to(const at::Tensor& images, augment::ImageShape shape) {
    return torch::adaptive_avg_pool2d(images, {shape.height, shape.width});
}

at::Tensor colored(const at::Tensor& lightness, const at::Tensor& chroma) {
    const auto whole = torch::upsample_bilinear2d(chroma, lightness.sizes().slice(2), /*align_corners=*/false);
    return rgb_of(torch::cat({lightness, whole}, 1));
}

} // namespace tacit::models
