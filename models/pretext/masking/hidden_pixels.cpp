// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/masking/hidden_pixels.hpp"

#include <torch/types.h>

namespace tacit::models {

at::Tensor hidden_pixels(const PretextInput& input) {
    const at::Tensor& mask = input.masks.front();
    const auto size = input.views.front().sizes().slice(2);
    return mask.sizes().slice(2) == size ? mask : torch::upsample_nearest2d(mask, size);
}

at::Tensor overlap_weights(const at::Tensor& hidden, std::int64_t overlap, double weight) {
    if (overlap == 0) {
        return hidden;
    }
    const auto grown = torch::max_pool2d(hidden, 2 * overlap + 1, 1, overlap);
    return hidden + (grown - hidden) * weight;
}

PretextPicture in_painting(const std::string& title, const at::Tensor& images, const at::Tensor& hidden,
                           const at::Tensor& output) {
    const at::Tensor masked = images * (1 - hidden);
    PretextPicture picture;
    picture.title = title;
    picture.columns = {"masked", "in-painted", "original"};
    picture.images = torch::stack({masked, masked + output * hidden, images}, 1).contiguous();
    return picture;
}

} // namespace tacit::models
