// SPDX-License-Identifier: Apache-2.0
#include "models/losses/reconstruction.hpp"
#include "models/pretext/list.hpp"
#include "models/pretext/reconstruction/code_decoder.hpp"
#include "pipeline/base/error.hpp"

#include <algorithm>
#include <torch/types.h>

namespace tacit::models {
namespace {

/// Autoencoder (Hinton & Salakhutdinov 2006): reconstructs the last view from the first. With one view it is a plain
/// autoencoder; with the recipe `denoise` (a noisy and a clean view of the same crop) a denoising one (Vincent et al.
/// 2008). Loss per pixel: mse on normalised pixels, or bce on pixels in [0, 1].
class Autoencoder : public Pretext {
  public:
    explicit Autoencoder(const PretextParts& parts)
        : Pretext(parts),
          cross_entropy_(
              parts.section.choice(
                  {"loss", "of a pixel: mse of normalised ones, or bce, which needs data.mean 0 and data.std 1"}, "mse",
                  {"mse", "bce"}) == "bce"),
          decoder_(parts.section, "pooled", backbone(), parts.shape, parts.comm) {
        register_module("decoder", decoder_.module());
    }

    ViewNeeds needs() const override { return {}; }

    PretextLoss loss(const PretextInput& input) override {
        const auto& target = input.views.back();
        const auto output = decoder_.reconstruct(backbone(), input.views.front());
        if (!cross_entropy_) {
            return {mse_share(output, target, input.global_count), {}};
        }
        if (!range_is_known_) { // the same in all batches, and looking waits for the device
            require_unit_range(target);
            range_is_known_ = true;
        }
        return {bce_share(output, target, input.global_count), {}};
    }

    std::vector<PretextPicture> draw_pictures(const PretextInput& input) override {
        const auto first = input.views.front().narrow(0, 0, std::min(kPictureRows, input.views.front().size(0)));
        const auto target = input.views.back().narrow(0, 0, first.size(0));
        auto output = decoder_.reconstruct(backbone(), first).to(torch::kFloat);
        output = cross_entropy_ ? output.sigmoid() : output;
        PretextPicture picture;
        picture.title = "reconstruction";
        picture.columns = {"input", "output"};
        std::vector<at::Tensor> images = {first, output};
        if (input.views.size() > 1) {
            picture.columns.emplace_back("target");
            images.push_back(target);
        }
        picture.images = torch::stack(images, 1).contiguous();
        return {picture};
    }

  private:
    static void require_unit_range(const at::Tensor& target) {
        const auto [low, high] = torch::aminmax(target);
        if (low.item<double>() < 0 || high.item<double>() > 1) {
            throw ConfigError(
                "pretext.loss: bce needs pixels in [0, 1], but the data is standardised; set data.mean to 0 "
                "and data.std to 1 for every channel, or use loss: mse");
        }
    }

    bool cross_entropy_;
    bool range_is_known_ = false;
    CodeDecoder decoder_;
};

} // namespace

const PretextEntry autoencoder_pretext = make_entry<Autoencoder>("autoencoder", "autoencoder");

} // namespace tacit::models
