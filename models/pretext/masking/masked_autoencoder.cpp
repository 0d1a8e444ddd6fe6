// SPDX-License-Identifier: Apache-2.0
#include "models/losses/pixel_losses.hpp"
#include "models/pretext/autoencoder/code_decoder.hpp"
#include "models/pretext/list.hpp"
#include "models/pretext/masking/hidden_pixels.hpp"

#include <algorithm>
#include <torch/types.h>

namespace tacit::models {
namespace {

/// Masked autoencoder for any network (the task of He et al. 2022 and SimMIM, Xie et al. 2022, with the encoder of a
/// context encoder): random patches are set to the data set's mean (0 after normalisation), and the network must paint
/// them; the loss counts what is hidden. Unlike MAE's the encoder sees the whole grid, hidden patches included, so that
/// convolutions fit; they blur the border of the mask from layer to layer (SparK, Tian et al. 2023, keeps it by sparse
/// convolutions).
class MaskedAutoencoder : public Pretext {
  public:
    explicit MaskedAutoencoder(const PretextParts& parts)
        : Pretext(parts),
          everything_(parts.section.choice({"loss_on", "pixels that the loss counts: those of hidden patches, or all"},
                                           "hidden", {"hidden", "all"}) == "all"),
          decoder_(parts.section, "map", backbone(), parts.shape, parts.comm) {
        register_module("decoder", decoder_.module());
    }

    ViewNeeds needs() const override { return {.views = 1, .mask = true, .rotation = false, .images = 1}; }

    PretextLoss loss(const PretextInput& input) override {
        const auto& images = input.views.front();
        const auto hidden = hidden_pixels(input);
        const auto output = decoder_.reconstruct(backbone(), images * (1 - hidden));
        return {everything_ ? mse_share(output, images, input.global_count)
                            : weighted_mse_share(output, images, hidden, input.global_count),
                {}};
    }

    std::vector<PretextPicture> draw_pictures(const PretextInput& input) override {
        const auto rows = std::min(kPictureRows, input.views.front().size(0));
        const auto images = input.views.front().narrow(0, 0, rows);
        const auto hidden = hidden_pixels(input).narrow(0, 0, rows);
        const auto output = decoder_.reconstruct(backbone(), images * (1 - hidden)).to(torch::kFloat);
        return {in_painting("masked patches", images, hidden, output)};
    }

  private:
    bool everything_;
    CodeDecoder decoder_;
};

} // namespace

const PretextEntry masked_autoencoder_pretext = make_entry<MaskedAutoencoder>("masked_autoencoder", "mae");

} // namespace tacit::models
