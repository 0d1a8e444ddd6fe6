// SPDX-License-Identifier: Apache-2.0
#include "models/losses/reconstruction.hpp"
#include "models/pretext/list.hpp"
#include "models/pretext/reconstruction/code_decoder.hpp"

#include <algorithm>
#include <torch/types.h>

namespace tacit::models {
namespace {

/// Context encoder (Pathak et al. 2016), L2 part: hidden pixels are set to the data set's mean (0 after normalisation)
/// and the network must paint them. The loss counts hidden pixels and, with `overlap` > 0, a band of that many pixels
/// around them with `overlap_weight` (the paper: 4 of 128 pixels, weight 10), so that the filling joins its
/// surroundings. The adversarial part is left out: it sharpens pictures and needs a second optimiser.
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
    }

    ViewNeeds needs() const override { return {.views = 1, .mask = true, .rotation = false, .images = 1}; }
    bool replayable() const override { return true; }

    PretextLoss loss(const PretextInput& input) override {
        const auto& images = input.views.front();
        const auto& hidden = input.masks.front();
        const auto output = decoder_.reconstruct(backbone(), images * (1 - hidden));
        return {weighted_mse_share(output, images, pixel_weights(hidden), input.global_count), {}};
    }

    std::vector<PretextPicture> draw_pictures(const PretextInput& input) override {
        const auto rows = std::min(kPictureRows, input.views.front().size(0));
        const auto original = input.views.front().narrow(0, 0, rows);
        const auto hidden = input.masks.front().narrow(0, 0, rows);
        const auto masked = original * (1 - hidden);
        const auto output = decoder_.reconstruct(backbone(), masked).to(torch::kFloat);
        PretextPicture picture;
        picture.title = "in-painting";
        picture.columns = {"masked", "in-painted", "original"};
        picture.images = torch::stack({masked, masked + output * hidden, original}, 1).contiguous();
        return {picture};
    }

  private:
    at::Tensor pixel_weights(const at::Tensor& hidden) const {
        if (overlap_ == 0) {
            return hidden;
        }
        const auto grown = torch::max_pool2d(hidden, 2 * overlap_ + 1, 1, overlap_);
        return hidden + (grown - hidden) * overlap_weight_;
    }

    std::int64_t overlap_;
    double overlap_weight_;
    CodeDecoder decoder_;
};

} // namespace

const PretextEntry context_encoder_pretext = make_entry<ContextEncoder>("context_encoder", "context_encoder");

} // namespace tacit::models
