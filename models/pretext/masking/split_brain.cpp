// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/color_encoder.hpp"
#include "models/heads/decoder.hpp"
#include "models/parts/lab.hpp"
#include "models/pretext/list.hpp"
#include "models/pretext/masking/color_classes.hpp"
#include "models/pretext/masking/color_task.hpp"

#include <torch/types.h>

#include <algorithm>
#include <array>

namespace tacit::models {
namespace {

constexpr std::array kSplitBrainMetrics = {
    Metric{"loss_chroma", "of the colours that are told from lightness", "", "falls from ln 261 = 5.56"},
    Metric{"loss_lightness", "of the lightness that is told from colours", "",
           "falls from ln 100 = 4.61, but not far: colours tell little of it"}};

/// Split-brain autoencoder (Zhang et al. 2017): two networks, each of which is shown what the other must tell, at a
/// quarter of the resolution: lightness -> bins of a and b, a and b -> bins of lightness, both by cross-entropy with
/// the nearest bin. What is judged and exported are both side by side, their features one after another; model.width is
/// each one's, half of that of a network to be compared with.
class SplitBrain : public Pretext {
  public:
    explicit SplitBrain(const PretextParts& parts) : Pretext(parts, parts.of_channels(1)), scale_(3) {
        require_colours(parts);
        const auto width = parts.section.integer(
            {"decoder_width", "of the last layer of what draws from the feature maps; earlier ones have more",
             "channels"},
            64, {1, 1024});
        ColorClassOptions options;
        options.temperature = parts.section.number(
            {"temperature", "of the mean that pictures show: 1 is the mean, near 0 the mode"}, 0.38, {0.01, 1.0});
        const auto bins =
            parts.section.integer({"lightness_bins", "that lightness is told in", "bins"}, 100, {2, 1000});
        chroma_ = register_module("chroma", parts.of_channels(2));
        register_module("scale", scale_);
        const auto head = [&](const char* name, const at::Tensor& centres, const Backbone& network) {
            Head made;
            made.classes = register_module(std::string(name) + "_classes", ColorClasses(options, centres, parts.comm));
            made.shape = quarter_shape(parts, network, made.classes->count());
            made.decoder = register_module(std::string(name) + "_decoder",
                                           make_decoder({network.map_shape(), width}, made.shape, parts.comm));
            return made;
        };
        to_chroma_ = head("chroma", gamut_bins(), backbone());
        to_lightness_ = head("lightness", lightness_bins(bins), *chroma_);
        encoder_ = std::make_shared<ColorEncoder>(
            std::vector<ColorPart>{{"lightness", Pretext::evaluated(), lightness_of}, {"chroma", chroma_, chroma_of}},
            scale_);
    }

    ViewNeeds needs() const override { return {.target = true}; }
    std::shared_ptr<Backbone> evaluated() override { return encoder_; }
    void look_at(const TrainingData& data) override { scale_->set(data.mean, data.std); }

    PretextLoss loss(const PretextInput& input) override {
        chroma_->begin_step(of_part(input.at, 1), input.ids);
        const Told told = tell(input.views.front());
        const at::Tensor lab = lab_of(scale_->pixels(input.views.back()));
        const auto share = [&](const Head& head, const at::Tensor& logits, const at::Tensor& values) {
            return head.classes->share(logits, averaged_to(values, head.shape), input.global_count).loss;
        };
        const at::Tensor of_chroma = share(to_chroma_, told.chroma, lab.slice(1, 1, 3));
        const at::Tensor of_lightness = share(to_lightness_, told.lightness, lab.slice(1, 0, 1));
        return {of_chroma + of_lightness,
                {{"loss_chroma", of_chroma.detach()}, {"loss_lightness", of_lightness.detach()}}};
    }

    std::vector<PretextPicture> draw_pictures(const PretextInput& input) override {
        const auto rows = std::min(kPictureRows, input.views.front().size(0));
        const at::Tensor original = input.views.front().narrow(0, 0, rows);
        const at::Tensor lab = lab_of(scale_->pixels(original));
        const Told told = tell(original);
        const at::Tensor lightness = torch::upsample_bilinear2d(to_lightness_.classes->decode(told.lightness),
                                                                original.sizes().slice(2), /*align_corners=*/false);
        PretextPicture picture;
        picture.title = "split brain";
        picture.columns = {"colours told from lightness", "lightness told from colours", "original"};
        picture.images =
            torch::stack({scale_->views(colored(lab.slice(1, 0, 1), to_chroma_.classes->decode(told.chroma))),
                          scale_->views(colored(lightness, lab.slice(1, 1, 3))), original},
                         1)
                .contiguous();
        return {picture};
    }

  private:
    /// What draws one half from the features of the other.
    struct Head {
        ColorClasses classes = nullptr;
        augment::ImageShape shape;
        std::shared_ptr<Decoder> decoder;
    };

    struct Told {
        at::Tensor chroma, lightness; ///< logits
    };

    Told tell(const at::Tensor& views) {
        const at::Tensor pixels = scale_->pixels(views);
        return {to_chroma_.decoder->forward(backbone().feature_map(lightness_of(pixels))),
                to_lightness_.decoder->forward(chroma_->feature_map(chroma_of(pixels)))};
    }

    PixelScale scale_;
    std::shared_ptr<Backbone> chroma_; ///< the network that is shown a and b; backbone() is shown lightness
    Head to_chroma_, to_lightness_;
    std::shared_ptr<ColorEncoder> encoder_;
};

} // namespace

const PretextEntry split_brain_pretext = make_entry<SplitBrain>("split_brain", "autoencoder", kSplitBrainMetrics);

} // namespace tacit::models
