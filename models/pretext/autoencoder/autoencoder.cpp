// SPDX-License-Identifier: Apache-2.0
#include "models/losses/pixel_losses.hpp"
#include "models/pretext/autoencoder/code_pretext.hpp"
#include "models/pretext/autoencoder/layerwise.hpp"
#include "models/pretext/list.hpp"

#include <torch/types.h>

#include <optional>

namespace tacit::models {
namespace {

/// Autoencoder (Hinton & Salakhutdinov 2006): reconstructs the last view from the first. Undercomplete or overcomplete
/// by pretext.bottleneck or the backbone's width; linear with model: {backbone: mlp, norm: none, activation: none};
/// stacked with the backbone mlp and decoder: mirror, at wish layer by layer first.
class Autoencoder : public CodePretext {
  public:
    explicit Autoencoder(const PretextParts& parts)
        : Autoencoder(parts, parts.section.number({"layerwise_epochs",
                                                   "that each layer first trains alone, from the first on; 0: all "
                                                   "train together. Needs decoder: mirror",
                                                   "epochs"},
                                                  0, {0, 1e6})) {}

    /// Training layer by layer asks for the step.
    bool replayable() const override { return !layerwise_; }

    PretextLoss loss(const PretextInput& input) override {
        const auto layer = layerwise_ ? layerwise_->phase(input.at) : std::nullopt;
        if (layer) {
            return {loss_of_layer(*layer, input), {}};
        }
        return {reconstruction(encode(input.views.front()), input), {}};
    }

    std::vector<ParameterGroup> groups() override {
        if (!layerwise_) {
            return CodePretext::groups();
        }
        NamedTensors all;
        for (const auto& item : named_parameters()) {
            all.emplace_back(item.key(), item.value());
        }
        return layerwise_->groups(all);
    }

    GroupPlan plan(const ParameterGroup& group, const StepContext& at) const override {
        return layerwise_ ? layerwise_->plan(group, at) : GroupPlan{};
    }

  private:
    Autoencoder(const PretextParts& parts, double layerwise_epochs) : CodePretext(parts, {}) {
        if (layerwise_epochs == 0) {
            return;
        }
        auto* mirror = dynamic_cast<MirrorDecoder*>(&decoder());
        if (mirror == nullptr) {
            parts.section.fail("layerwise_epochs",
                               "needs model.backbone: mlp and decoder: mirror, whose layers have each their opposite");
        }
        layerwise_.emplace(layerwise_epochs, dynamic_cast<Mlp&>(backbone()), bottleneck(), code_activation(), *mirror);
    }

    /// The first layer reconstructs the image, from the damaged one where there is one; later ones what they get of the
    /// clean image.
    at::Tensor loss_of_layer(std::size_t layer, const PretextInput& input) {
        const at::Tensor& target = input.views.back();
        if (layer == 0) {
            const auto output = layerwise_->reconstructed(0, input.views.front().flatten(1));
            return compared().share(output.view(target.sizes()), target, input.global_count);
        }
        const at::Tensor given = layerwise_->input_of(layer, target);
        return mse_share(layerwise_->reconstructed(layer, given), given, input.global_count);
    }

    std::optional<Layerwise> layerwise_;
};

} // namespace

const PretextEntry autoencoder_pretext = make_entry<Autoencoder>("autoencoder", "autoencoder");

} // namespace tacit::models
