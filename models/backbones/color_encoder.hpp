// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"
#include "models/parts/pixel_scale.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tacit::models {

// What a network is shown of colour images; [N, 3, H, W] pixels in [0, 1] -> ...

/// [N, 1, H, W] (L - 50) / 25 of CIE L*a*b*: about standardised in photographs.
at::Tensor lightness_of(const at::Tensor& pixels);
/// [N, 2, H, W] a / 25 and b / 25.
at::Tensor chroma_of(const at::Tensor& pixels);
/// [N, 1, H, W] ((R + G + B) / 3 - 0.5) / 0.25.
at::Tensor grey_of(const at::Tensor& pixels);

/// A network and what it is shown.
struct ColorPart {
    std::string name; ///< "lightness", "chroma"
    std::shared_ptr<Backbone> network;
    at::Tensor (*shown)(const at::Tensor& pixels);
};

/// For what part `part` draws: the first as a network alone, others from streams of their own.
inline StepContext of_part(StepContext at, std::size_t part) {
    at.seed += part * 0x9E3779B97F4A7C15U;
    return at;
}

/// Networks side by side, each of which is shown its part of a colour image: to judge and to export what was trained on
/// such parts, by features that are those of all networks, one after another. The networks are of one kind, and stay
/// those of whoever trains them.
class ColorEncoder : public Backbone {
  public:
    ColorEncoder(std::vector<ColorPart> parts, PixelScale scale);

    at::Tensor forward(const at::Tensor& images) override;
    void begin_step(const StepContext& at, const at::Tensor& ids) override;
    std::vector<std::string> layer_names() const override;
    std::int64_t feature_dim() const override;
    MapShape map_shape() const override;
    Architecture architecture() const override;
    std::string unfit(std::int64_t height, std::int64_t width) const override;
    std::string slow(std::int64_t height, std::int64_t width) const override;

  protected:
    at::Tensor encode(const at::Tensor& images, LayerTap& tap) override;

  private:
    const Backbone& first() const { return *parts_.front().network; }
    /// cat over parts, by channels, of what `made` gives of a network and its input.
    template <class Make> at::Tensor joined(const at::Tensor& images, const Make& made);

    std::vector<ColorPart> parts_;
    PixelScale scale_;
};

} // namespace tacit::models
