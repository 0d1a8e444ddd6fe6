// SPDX-License-Identifier: Apache-2.0
#include "augment/color/color_step.hpp"
#include "augment/recipe/operation.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace tacit::augment {
namespace {

struct JitterRanges {
    Range brightness;
    Range contrast;
    Range saturation;
    Range hue;
};

bool changes(const Range& range, double neutral) {
    return range.low != neutral || range.high != neutral;
}

/// torchvision's ColorJitter: one factor for each adjustment, applied in random order.
class ColorJitter final : public AnyPixelOperation<ColorJitter> {
  public:
    explicit ColorJitter(const JitterRanges& ranges) : ranges_(ranges) {}
    void run(auto& canvas, Draws& draws) const {
        std::array<int, 4> order{0, 1, 2, 3};
        for (int i = 3; i > 0; --i) {
            std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(draws.below(i + 1))]);
        }
        const auto draw = [&draws](const Range& range) { return draws.uniform(range.low, range.high); };
        const Brightness brightness{draw(ranges_.brightness)};
        const Contrast contrast{draw(ranges_.contrast)};
        const Saturation saturation{draw(ranges_.saturation)};
        const Hue hue{draw(ranges_.hue)};
        canvas.note("brightness {:.2f}, contrast {:.2f}, saturation {:.2f}, hue {:.2f}", brightness.factor,
                    contrast.factor, saturation.factor, hue.shift);
        for (const int adjustment : order) {
            if (adjustment == 0 && changes(ranges_.brightness, 1.0)) {
                canvas.color().add(brightness);
            } else if (adjustment == 1 && changes(ranges_.contrast, 1.0)) {
                canvas.color().add(contrast);
            } else if (adjustment == 2 && changes(ranges_.saturation, 1.0)) {
                canvas.color().add(saturation);
            } else if (adjustment == 3 && changes(ranges_.hue, 0.0)) {
                canvas.color().add(hue);
            }
        }
    }

  private:
    JitterRanges ranges_;
};

/// An operation that draws nothing.
class FixedStep final : public AnyPixelOperation<FixedStep> {
  public:
    explicit FixedStep(const ColorStep& step) : step_(step) {}
    void run(auto& canvas, Draws&) const { canvas.color().add(step_); }

  private:
    ColorStep step_;
};

class RandomGamma final : public AnyPixelOperation<RandomGamma> {
  public:
    explicit RandomGamma(Range gamma) : gamma_(gamma) {}
    void run(auto& canvas, Draws& draws) const { canvas.color().add(Gamma{draws.uniform(gamma_.low, gamma_.high)}); }

  private:
    Range gamma_;
};

class RandomGainOffset final : public AnyPixelOperation<RandomGainOffset> {
  public:
    RandomGainOffset(Range gain, Range offset) : gain_(gain), offset_(offset) {}
    void run(auto& canvas, Draws& draws) const {
        for (int channel = 0; channel < canvas.shape().channels; ++channel) {
            const double gain = draws.uniform(gain_.low, gain_.high);
            const double offset = draws.uniform(offset_.low, offset_.high);
            canvas.color().add(GainOffset{channel, gain, offset});
        }
    }

  private:
    Range gain_;
    Range offset_;
};

/// The channels in random order (Fisher-Yates).
ChannelOrder shuffled(int channels, Draws& draws) {
    ChannelOrder permutation{};
    for (int c = 0; c < channels; ++c) {
        permutation.from[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(c);
    }
    for (int c = channels - 1; c > 0; --c) {
        std::swap(permutation.from[static_cast<std::size_t>(c)],
                  permutation.from[static_cast<std::size_t>(draws.below(c + 1))]);
    }
    return permutation;
}

class ChannelShuffle final : public AnyPixelOperation<ChannelShuffle> {
  public:
    void run(auto& canvas, Draws& draws) const { canvas.color().add(shuffled(canvas.shape().channels, draws)); }
};

class RandomChannelDrop final : public AnyPixelOperation<RandomChannelDrop> {
  public:
    explicit RandomChannelDrop(int channels) : channels_(channels) {}
    void run(auto& canvas, Draws& draws) const {
        const ChannelOrder dropped = shuffled(canvas.shape().channels, draws);
        for (int i = 0; i < channels_; ++i) {
            canvas.color().add(ChannelDrop{dropped.from[static_cast<std::size_t>(i)]});
        }
    }

  private:
    int channels_;
};

/// torchvision's convention: one value v means [max(0, 1 - v), 1 + v], two values are the range itself.
Range factor_range(OpParams& params, const Key& key) {
    constexpr double kMaxFactor = 100.0;
    if (params.values(std::string(key.name)).size() == 1) {
        const double spread = params.number(key, 0.0, 0.0, kMaxFactor);
        return {std::max(0.0, 1.0 - spread), 1.0 + spread};
    }
    return params.range(key, {1.0, 1.0}, 0.0, kMaxFactor);
}

Range hue_range(OpParams& params) {
    constexpr Key kHue{"hue", "shift of the hue; one value v means [-v, v]; 3 channels alone", "turns"};
    if (params.values("hue").size() == 1) {
        const double spread = params.number(kHue, 0.0, 0.0, 0.5);
        return {-spread, spread};
    }
    return params.range(kHue, {0.0, 0.0}, -0.5, 0.5);
}

OperationPtr fixed(const ColorStep& step) {
    return std::make_unique<FixedStep>(step);
}

} // namespace

OperationPtr make_color_jitter(OpParams& params) {
    JitterRanges ranges;
    ranges.brightness = factor_range(params, {"brightness", "factor of all values; one value v means [1 - v, 1 + v]"});
    ranges.contrast = factor_range(
        params, {"contrast", "factor of the distance from the mean grey; one value v means [1 - v, 1 + v]"});
    ranges.saturation = factor_range(
        params, {"saturation", "factor of the distance from grey; one value v means [1 - v, 1 + v]; 3 channels alone"});
    ranges.hue = hue_range(params);
    if (params.channels() != 3 && (changes(ranges.saturation, 1.0) || changes(ranges.hue, 0.0))) {
        params.fail(fmt::format("saturation and hue need 3 channels and the images have {}; leave them out: brightness "
                                "and contrast work on any number of channels",
                                params.channels()));
    }
    return std::make_unique<ColorJitter>(ranges);
}

OperationPtr make_grayscale(OpParams& params) {
    if (params.channels() != 3) {
        params.fail(fmt::format("it needs 3 channels and the images have {}; leave it out, or use color_jitter with "
                                "brightness and contrast",
                                params.channels()));
    }
    const bool mean = params.word({"weights", "of the channels: luma as eyes see them, or their mean"}, "luma",
                                  {"luma", "mean"}) == "mean";
    return fixed(Grayscale{mean ? GrayWeights::mean : GrayWeights::luma});
}

// Zhang et al. 2016: lightness is what the encoder sees, a and b are what it says.
OperationPtr make_rgb_to_lab(OpParams& params) {
    if (params.channels() != 3) {
        params.fail(fmt::format("it needs 3 channels and the images have {}; leave it out, or hide channels from the "
                                "encoder with channel_drop",
                                params.channels()));
    }
    return fixed(Lab{.lightness_alone = params.word({"keep", "lightness alone leaves a and b at 128"}, "all",
                                                    {"all", "lightness"}) == "lightness"});
}

OperationPtr make_solarize(OpParams& params) {
    return fixed(Solarize{params.integer({"threshold", "from which on values are inverted", "levels"}, 128, 0, 256)});
}

OperationPtr make_invert(OpParams&) {
    return fixed(Solarize{0});
}

// Four bits are the fewest of AutoAugment (Cubuk et al. 2019), whose posterize torchvision has.
OperationPtr make_posterize(OpParams& params) {
    return fixed(Posterize{params.integer({"bits", "that stay of every value", "bits"}, 4, 0, 8)});
}

OperationPtr make_auto_contrast(OpParams&) {
    return fixed(AutoContrast{});
}

OperationPtr make_equalize(OpParams&) {
    return fixed(Equalize{});
}

OperationPtr make_gamma(OpParams& params) {
    return std::make_unique<RandomGamma>(
        params.range({"gamma", "exponent of the values in [0, 1]"}, {0.8, 1.25}, 0.0, 100.0));
}

OperationPtr make_gain_offset(OpParams& params) {
    const Range gain = params.range({"gain", "factor of a channel, drawn for each"}, {0.8, 1.2}, 0.0, 100.0);
    const Range offset =
        params.range({"offset", "added to a channel, drawn for each", "share of full scale"}, {-0.1, 0.1}, -1.0, 1.0);
    return std::make_unique<RandomGainOffset>(gain, offset);
}

OperationPtr make_channel_shuffle(OpParams&) {
    return std::make_unique<ChannelShuffle>();
}

// Two of three channels are dropped by Doersch et al. 2015, section 3.1, against chromatic aberration.
OperationPtr make_channel_drop(OpParams& params) {
    if (params.channels() == 1) {
        params.fail("it would leave nothing of images of one channel; leave it out, or use gain_offset");
    }
    return std::make_unique<RandomChannelDrop>(
        params.integer({"channels", "that become black", "channels"}, 1, 1, params.channels() - 1));
}

} // namespace tacit::augment
