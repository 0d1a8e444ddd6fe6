// SPDX-License-Identifier: Apache-2.0
#include "augment/color/float_color.hpp"

#include "augment/color/color.hpp"
#include "augment/color/lab.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace tacit::augment {
namespace {

/// In [0, 1]; 0 for what is no number.
TACIT_KERNEL float unit(float value) {
    const float positive = value > 0.0F ? value : 0.0F;
    return positive < 1.0F ? positive : 1.0F;
}

TACIT_KERNEL float gray_of(float red, float green, float blue) {
    return red * kLumaWeights[0] + green * kLumaWeights[1] + blue * kLumaWeights[2];
}

template <class Function> void map_values(MutableFloatImageView image, Function function) {
    for (std::size_t i = 0; i < image.shape.values(); ++i) {
        image.data[i] = function(image.data[i]);
    }
}

template <class Visit> void visit_channel(MutableFloatImageView image, int channel, Visit visit) {
    const auto channels = static_cast<std::size_t>(image.shape.channels);
    for (auto i = static_cast<std::size_t>(channel); i < image.shape.values(); i += channels) {
        visit(image.data[i]);
    }
}

TACIT_KERNEL void saturate(float* rgb, std::size_t pixels, float own, float others) {
    for (std::size_t i = 0; i < pixels; ++i) {
        float* pixel = rgb + 3 * i;
        const float gray = gray_of(pixel[0], pixel[1], pixel[2]);
        for (int c = 0; c < 3; ++c) {
            pixel[c] = unit(pixel[c] * own + gray * others);
        }
    }
}

/// A channel of the colour of angle hue / range sixths of a circle: `range` where the angle is within a sixth of
/// `centre` sixths, falling to 0 at two sixths.
TACIT_KERNEL float near_angle(float hue, float range, float centre) {
    return std::clamp(2.0F * range - std::abs(hue - centre * range), 0.0F, range);
}

/// `turn` is the shift in sixths of a circle, in [1, 7). As in the integer path, hue is kept times the range of the
/// pixel, and nothing is divided.
TACIT_KERNEL void turn_hue(float* rgb, std::size_t pixels, float turn) {
    for (std::size_t i = 0; i < pixels; ++i) {
        float* pixel = rgb + 3 * i;
        const float r = unit(pixel[0]);
        const float g = unit(pixel[1]);
        const float b = unit(pixel[2]);
        const float most = std::max(std::max(r, g), b);
        const float least = std::min(std::min(r, g), b);
        const float range = most - least;
        const float not_red = most == g ? 2.0F * range + (b - r) : 4.0F * range + (r - g);
        const float hue = most == r ? g - b : not_red;
        const float turned = hue + range * turn; // in [0, 12 ranges)
        const float wrapped = turned >= 6.0F * range ? turned - 6.0F * range : turned;
        // Red is centred at 0 and at 6 ranges: the complement of what is centred at 3.
        pixel[0] = unit(most - near_angle(wrapped, range, 3.0F));
        pixel[1] = unit(least + near_angle(wrapped, range, 2.0F));
        pixel[2] = unit(least + near_angle(wrapped, range, 4.0F));
    }
}

void adjust_hue(MutableFloatImageView image, double shift) {
    const double sixths = 6.0 * (shift < 0.0 ? shift + 1.0 : shift);
    simd<turn_hue>(image.data, image.shape.values() / 3, static_cast<float>(sixths < 1.0 ? sixths + 6.0 : sixths));
}

void adjust_saturation(MutableFloatImageView image, double factor) {
    simd<saturate>(image.data, image.shape.values() / 3, static_cast<float>(factor), static_cast<float>(1.0 - factor));
}

void to_grayscale(MutableFloatImageView image, GrayWeights weights) {
    if (weights == GrayWeights::luma) {
        adjust_saturation(image, 0.0);
        return;
    }
    for (std::size_t i = 0; i < image.shape.values(); i += 3) {
        float* pixel = image.data + i;
        std::fill_n(pixel, 3, unit((pixel[0] + pixel[1] + pixel[2]) / 3.0F));
    }
}

void adjust_contrast(MutableFloatImageView image, double factor) {
    const float* values = image.data;
    const std::size_t step = image.shape.channels == 3 ? 3 : 1;
    double sum = 0.0;
    for (std::size_t i = 0; i < image.shape.values(); i += step) {
        sum += step == 3 ? gray_of(values[i], values[i + 1], values[i + 2]) : values[i];
    }
    const std::size_t summed = image.shape.values() / step;
    const auto own = static_cast<float>(factor);
    const auto pivot = static_cast<float>(sum / static_cast<double>(summed));
    const float offset = pivot * static_cast<float>(1.0 - factor);
    map_values(image, [=](float value) { return unit(value * own + offset); });
}

void solarize(MutableFloatImageView image, int threshold) {
    const float from = static_cast<float>(threshold) / 255.0F;
    map_values(image, [from](float value) { return unit(value >= from ? 1.0F - value : value); });
}

void posterize(MutableFloatImageView image, int bits) {
    const int levels = 1 << bits;
    const auto scale = static_cast<float>(levels);
    map_values(image, [=](float value) {
        return static_cast<float>(std::min(static_cast<int>(unit(value) * scale), levels - 1)) / scale;
    });
}

void adjust_gamma(MutableFloatImageView image, double gamma) {
    const auto exponent = static_cast<float>(gamma);
    map_values(image, [exponent](float value) { return std::pow(unit(value), exponent); });
}

void scale_channel(MutableFloatImageView image, const GainOffset& step) {
    const auto gain = static_cast<float>(step.gain);
    const auto offset = static_cast<float>(step.offset);
    visit_channel(image, step.channel, [=](float& value) { value = unit(value * gain + offset); });
}

void stretch_channel(MutableFloatImageView image, int channel) {
    float lowest = std::numeric_limits<float>::infinity();
    float highest = -lowest;
    visit_channel(image, channel, [&](float value) {
        lowest = std::min(lowest, value);
        highest = std::max(highest, value);
    });
    const bool flat = lowest == highest;
    const float start = flat ? 0.0F : lowest;
    const float range = flat ? 1.0F : highest - lowest;
    visit_channel(image, channel, [=](float& value) { value = unit((value - start) / range); });
}

constexpr std::size_t kLevels = 65536;

std::size_t level_of(float value) {
    const float shifted = unit(value) * static_cast<float>(kLevels - 1) + 0.5F;
    return static_cast<std::size_t>(shifted);
}

/// `darker` has room for kLevels.
void equalize_channel(MutableFloatImageView image, int channel, std::uint32_t* darker) {
    std::fill_n(darker, kLevels, 0U);
    std::size_t brightest = 0;
    visit_channel(image, channel, [&](float value) {
        const std::size_t level = level_of(value);
        ++darker[level];
        brightest = std::max(brightest, level);
    });
    std::uint32_t below = 0;
    for (std::size_t level = 0; level <= brightest; ++level) {
        const std::uint32_t here = darker[level];
        darker[level] = below;
        below += here;
    }
    const auto all = static_cast<float>(darker[brightest]);
    visit_channel(image, channel, [=](float& value) {
        value = all > 0.0F ? static_cast<float>(darker[level_of(value)]) / all : unit(value);
    });
}

void order_channels(MutableFloatImageView image, const ChannelOrder& order) {
    const auto channels = static_cast<std::size_t>(image.shape.channels);
    std::array<float, kMaxChannels> before{};
    for (std::size_t i = 0; i < image.shape.values(); i += channels) {
        std::copy_n(image.data + i, channels, before.begin());
        for (std::size_t c = 0; c < channels; ++c) {
            image.data[i + c] = before[order.from[c]];
        }
    }
}

} // namespace

void FloatColorChain::apply(const ColorStep& step, MutableFloatImageView image) {
    const auto each_channel = [&](auto change) {
        for (int channel = 0; channel < image.shape.channels; ++channel) {
            change(channel);
        }
    };
    std::visit(
        Overloaded{[&](Brightness brightness) {
                       const auto factor = static_cast<float>(brightness.factor);
                       map_values(image, [factor](float value) { return unit(value * factor); });
                   },
                   [&](Contrast contrast) { adjust_contrast(image, contrast.factor); },
                   [&](Saturation saturation) { adjust_saturation(image, saturation.factor); },
                   [&](Hue hue) { adjust_hue(image, hue.shift); },
                   [&](Grayscale gray) { to_grayscale(image, gray.weights); }, [&](Lab lab) { to_lab(image, lab); },
                   [&](Solarize solarized) { solarize(image, solarized.threshold); },
                   [&](Posterize posterized) { posterize(image, posterized.bits); },
                   [&](Gamma corrected) { adjust_gamma(image, corrected.gamma); },
                   [&](const GainOffset& scaled) { scale_channel(image, scaled); },
                   [&](AutoContrast) { each_channel([&](int channel) { stretch_channel(image, channel); }); },
                   [&](Equalize) {
                       std::uint32_t* darker = histogram_.get(kLevels);
                       each_channel([&](int channel) { equalize_channel(image, channel, darker); });
                   },
                   [&](const ChannelOrder& order) { order_channels(image, order); },
                   [&](ChannelDrop drop) { visit_channel(image, drop.channel, [](float& value) { value = 0.0F; }); }},
        step);
}

void FloatColorChain::run(FloatImageView source, MutableFloatImageView target) {
    if (source.data != target.data) {
        std::copy_n(source.data, source.shape.values(), target.data);
    }
    for (const ColorStep& step : steps_) {
        apply(step, target);
    }
    steps_.clear();
}

} // namespace tacit::augment
