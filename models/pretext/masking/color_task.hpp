// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"

namespace tacit::models {

// What pretexts share that learn from the colours of images.

/// Throws ConfigError where images have other than three channels.
void require_colours(const PretextParts& parts);

/// The shape in which colours are predicted: a quarter of the images' height and width (Zhang et al. 2016), or that of
/// the feature map where it is larger.
augment::ImageShape quarter_shape(const PretextParts& parts, const Backbone& backbone, std::int64_t channels);

/// [N, C, H, W] averaged over cells -> [N, C, height, width] of `shape`.
at::Tensor averaged_to(const at::Tensor& images, augment::ImageShape shape);

/// [N, 3, H, W] sRGB of lightness [N, 1, H, W] and of a and b [N, 2, h, w], which are resized bilinearly.
at::Tensor colored(const at::Tensor& lightness, const at::Tensor& chroma);

} // namespace tacit::models
