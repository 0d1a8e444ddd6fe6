// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/parts/activation.hpp"
#include "models/pretext/autoencoder/code_decoder.hpp"
#include "models/pretext/autoencoder/reconstruction.hpp"
#include "models/pretext/pretext.hpp"

#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>
#include <vector>

namespace tacit::models {

/// What autoencoders share: first view -> code -> last view. With one view that is a plain autoencoder; with a recipe
/// of a damaged and a clean view of the same crop (denoise, restore) a denoising one (Vincent et al. 2008). Reads what
/// Reconstruction and CodeFeatures read, pretext.bottleneck (dimensions of a linear layer between the features and the
/// decoder; 0: none), pretext.code_activation and what read_decoder() reads.
class CodePretext : public Pretext, public CodeModel {
  public:
    ViewNeeds needs() const override { return {.target = true}; }
    std::string describe() const override { return "decoder: " + decoder_->describe(); }
    CodeModel* codes() override { return this; }

    at::Tensor encode(const at::Tensor& images) override;
    at::Tensor decode(const at::Tensor& codes) override { return reconstruction_.images(decoder_->forward(codes)); }
    std::vector<std::int64_t> code_sizes() const override;

  protected:
    /// Defaults of the keys.
    struct Defaults {
        Reconstruction::Scale scale = Reconstruction::Scale::per_pixel;
        std::int64_t bottleneck = 0;
        std::string activation = "none"; ///< of the code
    };

    CodePretext(const PretextParts& parts, const Defaults& defaults);
    /// This rank's share of the reconstruction of the last view from `code` of the first.
    at::Tensor reconstruction(const at::Tensor& code, const PretextInput& input);
    /// The layer between features and code; empty where there is none.
    const torch::nn::Linear& bottleneck() const { return bottleneck_; }
    const Activation& code_activation() const { return activation_; }
    Decoder& decoder() { return *decoder_; }
    Reconstruction& compared() { return reconstruction_; }
    std::vector<PretextPicture> draw_pictures(const PretextInput& input) override;

  private:
    Reconstruction reconstruction_;
    CodeFeatures features_;
    Activation activation_;
    torch::nn::Linear bottleneck_ = nullptr;
    std::shared_ptr<Decoder> decoder_;
};

} // namespace tacit::models
