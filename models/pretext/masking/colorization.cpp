// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/color_encoder.hpp"
#include "models/heads/decoder.hpp"
#include "models/losses/pixel_losses.hpp"
#include "models/parts/lab.hpp"
#include "models/pretext/list.hpp"
#include "models/pretext/masking/color_classes.hpp"
#include "models/pretext/masking/color_task.hpp"

#include <torch/types.h>

#include <algorithm>
#include <array>

namespace tacit::models {
namespace {

constexpr double kChromaUnit = 25; // of a and b, so that what is regressed is about standardised

constexpr std::array kColorizationMetrics = {
    Metric{"accuracy", "places whose likeliest bin of colour is the nearest one; target classes", "share",
           "rises from below 0.01; rare colours count more in the loss than here"}};

ColorClassOptions read_color_classes(const config::Section& section) {
    ColorClassOptions options;
    options.neighbours = section.integer({"neighbours", "bins that share the target of a colour", "bins"}, 10, {1, 64});
    options.sigma =
        section.number({"sigma", "of the Gaussian by which they share it", "units of a and b"}, 5.0, {0.1, 100.0});
    options.rebalance = section.number(
        {"rebalance", "the share of the uniform in the probabilities whose inverse weighs a bin: at 1 all bins count "
                      "alike, at less rare colours count more"},
        0.5, {0.001, 1.0});
    options.temperature = section.number(
        {"temperature", "of the mean that pictures show: 1 is the mean, near 0 the mode"}, 0.38, {0.01, 1.0});
    return options;
}

/// Colorization (Zhang et al. 2016): from the lightness of an image its colours, a and b of CIE L*a*b* at a quarter of
/// the resolution; as classes, bins of 10 units that sRGB has colours in, with soft targets and weights by how rare a
/// bin is in the training set, or by regression. Or, with target rgb, the image from the mean of its three channels.
///
/// The network is shown one channel, the lightness of view 0, which may have colours; what is judged and exported makes
/// it from colour images itself. 10 neighbours are the released code's (the paper has 5); sigma 5, 1/2 and .38 are in
/// both.
class Colorization : public Pretext {
  public:
    explicit Colorization(const PretextParts& parts)
        : Pretext(parts, parts.of_channels(1)), target_(read_target(parts.section)),
          shown_(target_ == "rgb" ? grey_of : lightness_of), shape_(parts.shape), scale_(3) {
        require_colours(parts);
        register_module("scale", scale_);
        DecoderOptions options{backbone().map_shape()};
        options.width = parts.section.integer(
            {"decoder_width", "of the last layer of what draws colours from the feature map; earlier ones have more",
             "channels"},
            64, {1, 1024});
        if (target_ != "rgb") {
            shape_ = quarter_shape(parts, backbone(), read_chroma(parts));
        }
        decoder_ = register_module("decoder", make_decoder(options, shape_, parts.comm));
        encoder_ = std::make_shared<ColorEncoder>(
            std::vector<ColorPart>{{target_ == "rgb" ? "grey" : "lightness", Pretext::evaluated(), shown_}}, scale_);
    }

    ViewNeeds needs() const override { return {.target = true}; }
    std::shared_ptr<Backbone> evaluated() override { return encoder_; }

    void look_at(const TrainingData& data) override {
        scale_->set(data.mean, data.std);
        if (!classes_.is_empty()) {
            classes_->measure(data, prior_images_, [this](const at::Tensor& views) { return chroma(views); });
        }
    }

    PretextLoss loss(const PretextInput& input) override {
        const at::Tensor& truth = input.views.back();
        const at::Tensor output = paint(input.views.front());
        if (target_ == "rgb") {
            return {mse_share(output, truth, input.global_count), {}};
        }
        if (target_ == "classes") {
            return classes_->share(output, chroma(truth), input.global_count);
        }
        return {(smooth_ ? smooth_l1_share : mse_share)(output, chroma(truth) / kChromaUnit, input.global_count), {}};
    }

    std::vector<PretextPicture> draw_pictures(const PretextInput& input) override {
        const auto rows = std::min(kPictureRows, input.views.front().size(0));
        const at::Tensor first = input.views.front().narrow(0, 0, rows);
        const at::Tensor pixels = scale_->pixels(first);
        at::Tensor shown = pixels.mean(1, /*keepdim=*/true).expand_as(pixels);
        at::Tensor output = paint(first).to(torch::kFloat);
        if (target_ != "rgb") {
            const at::Tensor lightness = lab_of(pixels).slice(1, 0, 1);
            const at::Tensor colours = target_ == "classes" ? classes_->decode(output) : output * kChromaUnit;
            shown = colored(lightness, torch::zeros_like(colours));
            output = scale_->views(colored(lightness, colours));
        }
        PretextPicture picture;
        picture.title = "colorization";
        picture.columns = {"shown", "predicted", "original"};
        picture.images =
            torch::stack({scale_->views(shown), output, input.views.back().narrow(0, 0, rows)}, 1).contiguous();
        return {picture};
    }

  private:
    static std::string read_target(const config::Section& section) {
        return section.choice(
            {"target", "what is predicted: classes of colour, a and b by regression, or the image from its grey"},
            "classes", {"classes", "regression", "rgb"});
    }

    /// Channels that are predicted.
    std::int64_t read_chroma(const PretextParts& parts) {
        if (target_ == "regression") {
            smooth_ = parts.section.choice({"regression_loss", "of a and b, in units of 25"}, "l2",
                                           {"l2", "smooth_l1"}) == "smooth_l1";
            return 2;
        }
        classes_ =
            register_module("classes", ColorClasses(read_color_classes(parts.section), gamut_bins(), parts.comm));
        prior_images_ =
            parts.section.integer({"prior_images", "in which colours are counted before the first step", "images"},
                                  10'000, {1, 1'000'000'000});
        return classes_->count();
    }

    /// a and b [N, 2, h, w], as they are predicted.
    at::Tensor chroma(const at::Tensor& views) const {
        return averaged_to(lab_of(scale_->pixels(views)).slice(1, 1, 3), shape_);
    }

    at::Tensor paint(const at::Tensor& views) {
        return decoder_->forward(backbone().feature_map(shown_(scale_->pixels(views))));
    }

    std::string target_;
    at::Tensor (*shown_)(const at::Tensor& pixels);
    augment::ImageShape shape_; ///< of what is predicted
    bool smooth_ = false;
    std::int64_t prior_images_ = 0;
    PixelScale scale_;
    ColorClasses classes_ = nullptr;
    std::shared_ptr<Decoder> decoder_;
    std::shared_ptr<ColorEncoder> encoder_;
};

} // namespace

const PretextEntry colorization_pretext = make_entry<Colorization>("colorization", "autoencoder", kColorizationMetrics);

} // namespace tacit::models
