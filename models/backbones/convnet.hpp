// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"

namespace tacit::models {

/// A small residual net for images of 16 to 64 pixels on CPUs: five 3x3 convolutions (w, 2w, 4w, 8w, 16w; the middle
/// three of stride 2) with a residual block after the second and the third. The feature map has an eighth of
/// the images' height; it is averaged over its four quarters, which keeps coarse place, so D = 4 * 16 * width (images
/// of 8 pixels: one cell, D = 16 * width). Reads model.width. Throws ConfigError for images under 8 pixels.
std::shared_ptr<Backbone> make_convnet(const config::Section& model, augment::ImageShape shape,
                                       dist::Communicator& comm);

} // namespace tacit::models
