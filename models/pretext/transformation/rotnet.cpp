// SPDX-License-Identifier: Apache-2.0
#include "models/heads/classifier.hpp"
#include "models/losses/cross_entropy.hpp"
#include "models/pretext/list.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

constexpr int kRotations = 4;

constexpr std::array kRotNetMetrics = {
    Metric{"accuracy", "views whose rotation is told", "share", "rises from 0.25, chance, to 0.7 and more"}};

/// RotNet (Gidaris et al. 2018): tells by how many quarter turns an image was rotated. Every image comes in all four
/// rotations, in one batch, as the paper's sec. 3.2 found best.
class RotNet : public Pretext {
  public:
    explicit RotNet(const PretextParts& parts) : Pretext(parts) {
        classifier_ = register_module("classifier", make_classifier(backbone().feature_dim(), kRotations));
    }

    ViewNeeds needs() const override { return {.views = kRotations, .mask = false, .rotation = true, .images = 1}; }
    bool replayable() const override { return true; }

    PretextLoss loss(const PretextInput& input) override {
        const auto logits = classifier_(backbone().forward(torch::cat(four(input.views))));
        const auto labels = torch::cat(four(input.rotations));
        const auto terms = input.global_count * kRotations;
        return {cross_entropy_share(logits, labels, terms), {{"accuracy", accuracy_share(logits, labels, terms)}}};
    }

    std::vector<PretextPicture> draw_pictures(const PretextInput& input) override {
        const auto rows = std::min(kPictureRows, input.views.front().size(0));
        std::vector<at::Tensor> images, predictions;
        PretextPicture picture;
        for (std::size_t view = 0; view < kRotations; ++view) {
            images.push_back(input.views[view].narrow(0, 0, rows));
            predictions.push_back(classifier_(backbone().forward(images.back())).argmax(1).cpu());
            picture.columns.push_back(
                fmt::format("rotated {}\u00b0", 90 * input.rotations[view][0].item<std::int64_t>()));
        }
        picture.title = "rotation puzzle";
        picture.images = torch::stack(images, 1).contiguous();
        for (std::int64_t row = 0; row < rows; ++row) {
            std::vector<std::string> words;
            for (const auto& prediction : predictions) {
                words.push_back(fmt::format("{}\u00b0", 90 * prediction[row].item<std::int64_t>()));
            }
            picture.captions.push_back(fmt::format("predicted {}", fmt::join(words, ", ")));
        }
        return {picture};
    }

  private:
    /// The recipe may make more views than the pretext needs.
    static at::ArrayRef<at::Tensor> four(const std::vector<at::Tensor>& tensors) {
        return at::ArrayRef<at::Tensor>(tensors).slice(0, kRotations);
    }

    torch::nn::Linear classifier_ = nullptr;
};

} // namespace

const PretextEntry rotnet_pretext = make_entry<RotNet>("rotnet", "rotnet", kRotNetMetrics);

} // namespace tacit::models
