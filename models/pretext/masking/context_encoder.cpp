// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/batch_norm.hpp"
#include "models/heads/channelwise.hpp"
#include "models/heads/discriminator.hpp"
#include "models/losses/adversarial.hpp"
#include "models/losses/pixel_losses.hpp"
#include "models/pretext/autoencoder/code_decoder.hpp"
#include "models/pretext/list.hpp"
#include "models/pretext/masking/hidden_pixels.hpp"

#include <algorithm>
#include <array>
#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::models {
namespace {

constexpr std::array kContextEncoderMetrics = {
    Metric{"l2", "error of what is painted, where an adversarial loss stands beside it", "",
           "falls; a little above the run without adversarial loss"},
    Metric{"adversarial", "what the discriminator makes of the fillings, -log D", "",
           "about 0.7 to 3; rising for ever: the discriminator wins, lower critic_lr_scale"},
    Metric{"critic_accuracy", "fillings and originals that the discriminator tells", "share",
           "between 0.5 and 0.95; near 1 it teaches nothing"}};

/// Context encoder (Pathak et al. 2016): hidden pixels are set to the data set's mean (0 after normalisation) and the
/// network must paint them. The L2 loss counts hidden pixels and, with `overlap` > 0, a band of that many pixels around
/// them with `overlap_weight` (the paper: 4 of 128 pixels, weight 10), so that the filling joins its surroundings.
///
/// With `adversarial` w > 0 the loss is (1 - w) L2 + w adversarial (the paper: w = .001), and each step trains first a
/// discriminator, by the update "critic", to tell fillings from originals. Its learning rate is a tenth of the others'
/// (train.lua of the paper's authors: 2e-4 beside 2e-3). Fillings are sharper then, features hardly better.
class ContextEncoder : public Pretext {
  public:
    explicit ContextEncoder(const PretextParts& parts)
        : Pretext(parts),
          overlap_(parts.section.integer(
              {"overlap", "band around what is hidden that counts too, so that the filling joins its surroundings",
               "pixels"},
              0, {0, 64})),
          overlap_weight_(parts.section.number({"overlap_weight", "of a pixel of that band; one that is hidden has 1"},
                                               10.0, {0.0, 1000.0})),
          decoder_(parts.section, "map", backbone(), parts.shape, parts.comm) {
        register_module("decoder", decoder_.module());
        read_channelwise(parts);
        read_critic(parts);
    }

    ViewNeeds needs() const override { return {.views = 1, .mask = true, .rotation = false, .images = 1}; }
    bool replayable() const override { return true; }

    std::vector<std::string> updates() const override {
        return critic_.is_empty() ? Pretext::updates() : std::vector<std::string>{"critic", "main"};
    }

    std::vector<ParameterGroup> groups() override {
        if (critic_.is_empty()) {
            return Pretext::groups();
        }
        auto critic = group_of("critic", {"discriminator"});
        critic.lr_scale = critic_lr_scale_;
        return {group_of("main", {"backbone", "decoder", "channelwise"}), critic};
    }

    PretextLoss loss(const PretextInput& input) override {
        if (input.at.update == "critic") {
            return critic_loss(input);
        }
        const auto& images = input.views.front();
        const auto hidden = hidden_pixels(input);
        const auto output = paint(images * (1 - hidden));
        const auto l2 =
            weighted_mse_share(output, images, overlap_weights(hidden, overlap_, overlap_weight_), input.global_count);
        if (critic_.is_empty()) {
            return {l2, {}};
        }
        const auto fooled = generator_share(critic_->forward(judged(images, output, hidden)), input.global_count);
        return {l2 * (1 - adversarial_) + fooled * adversarial_,
                {{"l2", l2.detach()}, {"adversarial", fooled.detach()}}};
    }

    void after_step(const StepContext& /*context*/) override {
        if (!critic_.is_empty()) {
            critic_->after_step();
        }
    }

    std::vector<PretextPicture> draw_pictures(const PretextInput& input) override {
        const auto rows = std::min(kPictureRows, input.views.front().size(0));
        const auto images = input.views.front().narrow(0, 0, rows);
        const auto hidden = hidden_pixels(input).narrow(0, 0, rows);
        return {in_painting("in-painting", images, hidden, paint(images * (1 - hidden)).to(torch::kFloat))};
    }

  private:
    void read_channelwise(const PretextParts& parts) {
        const auto& section = parts.section;
        if (!section.flag({"channelwise", "whether a fully connected layer in each channel stands between feature map "
                                          "and decoder, by which each place sees all others"},
                          false)) {
            return;
        }
        const MapShape& code = decoder_.code();
        if (code.height * code.width < 2) {
            section.fail("channelwise", "joins the places of a feature map, and the code has one; set pretext.code to "
                                        "map, or take a backbone with a map");
        }
        channelwise_ = register_module("channelwise", Channelwise(code, parts.comm));
    }

    void read_critic(const PretextParts& parts) {
        const auto& section = parts.section;
        adversarial_ = section.number(
            {"adversarial", "weight of the adversarial loss beside that of the error, 1 less it; 0: none"}, 0.0,
            {0.0, 1.0});
        judges_image_ = section.choice({"discriminator", "what it is shown: the region that was hidden alone, or the "
                                                         "whole image with the filling in its place"},
                                       "region", {"region", "image"}) == "image";
        DiscriminatorOptions options;
        options.width = section.integer(
            {"discriminator_width", "of its first convolution; later ones have more", "channels"}, 64, {1, 1024});
        options.spectral_norm = section.flag(
            {"spectral_norm", "whether its weights are divided by their largest singular value, instead of batch norm"},
            false);
        critic_lr_scale_ = section.number({"critic_lr_scale", "of the discriminator's learning rate, times optim.lr"},
                                          0.1, {0.0, 100.0});
        if (adversarial_ > 0) {
            critic_ = register_module("discriminator", Discriminator(options, parts.shape, parts.comm));
        }
    }

    at::Tensor paint(const at::Tensor& masked) {
        return channelwise_.is_empty() ? decoder_.reconstruct(backbone(), masked)
                                       : decoder_.module()->forward(channelwise_(backbone().feature_map(masked)));
    }

    /// What the discriminator is shown of `painted`.
    at::Tensor judged(const at::Tensor& images, const at::Tensor& painted, const at::Tensor& hidden) const {
        const auto filling = painted * hidden;
        return judges_image_ ? images * (1 - hidden) + filling : filling;
    }

    PretextLoss critic_loss(const PretextInput& input) {
        const auto& images = input.views.front();
        const auto hidden = hidden_pixels(input);
        at::Tensor output;
        {
            // With gradients, since networks drop parts of themselves only then, and the critic must see such fillings.
            const dist::RunningStatisticsPause pause; // the update that trains the painter counts this batch
            output = paint(images * (1 - hidden)).detach();
        }
        const auto real = critic_->forward(judged(images, images, hidden));
        const auto made = critic_->forward(judged(images, output, hidden));
        const auto told = (real.detach().gt(0).sum() + made.detach().lt(0).sum()).to(torch::kDouble);
        return {discriminator_share(real, made, input.global_count),
                {{"critic_accuracy", told / static_cast<double>(2 * input.global_count)}}};
    }

    std::int64_t overlap_;
    double overlap_weight_;
    CodeDecoder decoder_;
    Channelwise channelwise_ = nullptr;
    double adversarial_ = 0;
    bool judges_image_ = false;
    double critic_lr_scale_ = 0;
    Discriminator critic_ = nullptr;
};

} // namespace

const PretextEntry context_encoder_pretext =
    make_entry<ContextEncoder>("context_encoder", "context_encoder", kContextEncoderMetrics);

} // namespace tacit::models
