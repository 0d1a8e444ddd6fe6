// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/autoencoder/reconstruction.hpp"

#include "models/losses/pixel_losses.hpp"
#include "models/losses/precision.hpp"
#include "models/losses/ssim.hpp"
#include "pipeline/base/error.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

namespace tacit::models {
namespace {

std::string read_loss(const config::Section& pretext, Reconstruction::Scale scale) {
    if (scale == Reconstruction::Scale::per_pixel) {
        return pretext.choice({"loss",
                               "of a pixel: squared or absolute difference, or cross-entropy; or 1 - structural "
                               "similarity. bce and ssim need pixels in [0, 1]: data.normalize minmax"},
                              "mse", {"mse", "bce", "l1", "ssim"});
    }
    return pretext.choice({"loss",
                           "of an image, summed over its values: half the squared difference, or cross-entropy, which "
                           "needs pixels in [0, 1]: data.normalize minmax"},
                          "mse", {"mse", "bce"});
}

bool read_sigmoid(const config::Section& pretext, const std::string& loss) {
    const bool bounded = loss == "bce" || loss == "ssim";
    const bool sigmoid =
        pretext.choice({"output", "what makes pixels of the decoder's last layer: nothing, or a sigmoid, which needs "
                                  "pixels in [0, 1]: data.normalize minmax; with bce and ssim the default is sigmoid"},
                       bounded ? "sigmoid" : "linear", {"linear", "sigmoid"}) == "sigmoid";
    if (loss == "bce" && !sigmoid) {
        pretext.fail("output", "linear does not go with loss bce, which compares probabilities; leave it out");
    }
    return sigmoid;
}

} // namespace

Reconstruction::Reconstruction(const config::Section& pretext, augment::ImageShape shape, Scale scale)
    : loss_(read_loss(pretext, scale)), sigmoid_(read_sigmoid(pretext, loss_)), scale_(1) {
    if (scale == Scale::summed) {
        scale_ = static_cast<double>(shape.values()) * (loss_ == "mse" ? 0.5 : 1);
    }
    if (loss_ == "ssim") {
        window_ = pretext.integer(
            {"ssim_window", "side of the Gaussian windows of sigma 1.5 that are compared; odd", "pixels"}, 11, {3, 33});
        if (window_ % 2 == 0 || window_ > std::min(shape.height, shape.width)) {
            pretext.fail("ssim_window", fmt::format("must be odd and at most the images' {} pixels",
                                                    std::min(shape.height, shape.width)));
        }
    }
}

at::Tensor Reconstruction::share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count) {
    if (sigmoid_ || loss_ == "ssim") {
        require_unit_range(target);
    }
    if (loss_ == "bce") {
        return bce_share(output, target, global_count) * scale_;
    }
    const at::Tensor drawn = images(output);
    if (loss_ == "ssim") {
        return ssim_share(drawn, target, global_count, window_);
    }
    return (loss_ == "l1" ? l1_share(drawn, target, global_count) : mse_share(drawn, target, global_count)) * scale_;
}

at::Tensor Reconstruction::images(const at::Tensor& output) const {
    const at::Tensor pixels = full_precision(output);
    return sigmoid_ ? pixels.sigmoid() : pixels;
}

void Reconstruction::require_unit_range(const at::Tensor& target) {
    if (range_is_known_) { // the same in all batches, and looking waits for the device
        return;
    }
    constexpr double kRounding = 1e-4;
    const auto [low, high] = torch::aminmax(target);
    if (low.item<double>() < -kRounding || high.item<double>() > 1 + kRounding) {
        const bool output = loss_ == "mse" || loss_ == "l1";
        throw ConfigError(fmt::format("pretext.{}: {} needs pixels in [0, 1], but the data is standardised; set "
                                      "data.normalize to minmax, or use loss: mse with output: linear",
                                      output ? "output" : "loss", output ? "sigmoid" : loss_));
    }
    range_is_known_ = true;
}

PretextPicture reconstruction_picture(const PretextInput& input,
                                      const std::function<at::Tensor(const at::Tensor&)>& reconstruct) {
    const at::Tensor first = input.views.front().narrow(0, 0, std::min(kPictureRows, input.views.front().size(0)));
    PretextPicture picture;
    picture.title = "reconstruction";
    picture.columns = {"input", "output"};
    std::vector<at::Tensor> images = {first, reconstruct(first)};
    if (input.views.size() > 1) {
        picture.columns.emplace_back("target");
        images.push_back(input.views.back().narrow(0, 0, first.size(0)));
    }
    picture.images = torch::stack(images, 1).contiguous();
    return picture;
}

} // namespace tacit::models
