// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"

namespace tacit::models {

/// The mask of view 0, of pixels or of patches, as pixels of the view: [N, 1, H, W], 1 where they are hidden.
at::Tensor hidden_pixels(const PretextInput& input);

/// Weights of pixels [N, 1, H, W]: 1 where they are hidden, `weight` in a band of `overlap` pixels around that.
at::Tensor overlap_weights(const at::Tensor& hidden, std::int64_t overlap, double weight);

/// The first images of a batch: what the network is shown, the same with `output` in place of what is hidden, the
/// truth.
PretextPicture in_painting(const std::string& title, const at::Tensor& images, const at::Tensor& hidden,
                           const at::Tensor& output);

} // namespace tacit::models
