// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <array>
#include <cstdint>
#include <variant>

namespace tacit::augment {

// What colour operations do to an image, as recorded for ColorChain (uint8) and FloatColorChain. Where nothing else is
// said they are those of torchvision.transforms.v2 on tensors of that type.

struct Brightness {
    double factor;
};
/// The pivot is the mean gray level of an image of three channels, else the mean of all values.
struct Contrast {
    double factor;
};

/// Three channels.
struct Saturation {
    double factor;
};
/// `shift` of the HSV hue in circles, in [-.5, .5].
struct Hue {
    double shift;
};
/// What makes a gray level: Rec. 601 luma, or equal shares, truncated.
enum class GrayWeights { luma, mean };
struct Grayscale {
    GrayWeights weights = GrayWeights::luma;
};
/// to_lab() of lab.hpp.
struct Lab {
    bool lightness_alone = false; ///< without colour: a and b are 0
};

/// Inverts from the level `threshold` of 255 on: 0 inverts all, 256 nothing.
struct Solarize {
    int threshold;
};
/// Keeps the `bits` highest bits of 8.
struct Posterize {
    int bits;
};
struct Gamma {
    double gamma;
};
/// One channel becomes gain * x + offset, the offset as a share of white.
struct GainOffset {
    int channel;
    double gain;
    double offset;
};

/// Every channel by itself.
struct AutoContrast {};
struct Equalize {};

/// Channel c becomes what channel from[c] was, for all channels of the image.
struct ChannelOrder {
    std::array<std::uint8_t, kMaxChannels> from;
};
/// One channel becomes black.
struct ChannelDrop {
    int channel;
};

using ColorStep = std::variant<Brightness, Contrast, Saturation, Hue, Grayscale, Lab, Solarize, Posterize, Gamma,
                               GainOffset, AutoContrast, Equalize, ChannelOrder, ChannelDrop>;

/// One function for every alternative, for std::visit.
template <class... Functions> struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions> Overloaded(Functions...) -> Overloaded<Functions...>;

} // namespace tacit::augment
