// SPDX-License-Identifier: Apache-2.0
#include "augment/color/color_chain.hpp"

#include <cmath>
#include <numbers>
#include <optional>
#include <type_traits>

namespace tacit::augment {
namespace {

using Matrix = std::array<std::array<float, 3>, 3>;

/// The map that does what `first` does and then `matrix`.
ColorMap followed_by(const ColorMap& first, const Matrix& matrix) {
    ColorMap both;
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            both.matrix[i][j] = matrix[i][0] * first.matrix[0][j] + matrix[i][1] * first.matrix[1][j] +
                                matrix[i][2] * first.matrix[2][j];
        }
        both.offset[i] =
            matrix[i][0] * first.offset[0] + matrix[i][1] * first.offset[1] + matrix[i][2] * first.offset[2];
    }
    return both;
}

Matrix brightness_matrix(float factor) {
    return {{{factor, 0, 0}, {0, factor, 0}, {0, 0, factor}}};
}

/// Factor times the colour, the rest its luma.
Matrix saturation_matrix(float factor) {
    Matrix matrix = brightness_matrix(factor);
    for (auto& row : matrix) {
        for (std::size_t j = 0; j < 3; ++j) {
            row[j] += (1.0F - factor) * kLumaWeights[j];
        }
    }
    return matrix;
}

Matrix gray_matrix(GrayWeights weights) {
    constexpr std::array<float, 3> kEqual{1.0F / 3, 1.0F / 3, 1.0F / 3};
    return weights == GrayWeights::mean ? Matrix{kEqual, kEqual, kEqual} : saturation_matrix(0.0F);
}

/// Turns the chroma plane of YIQ (NTSC, 1953) by `shift` circles; luma stays.
Matrix hue_matrix(double shift) {
    constexpr Matrix kToYiq{{{0.299F, 0.587F, 0.114F}, {0.5959F, -0.2746F, -0.3213F}, {0.2115F, -0.5227F, 0.3112F}}};
    constexpr Matrix kToRgb{{{1.0F, 0.956F, 0.619F}, {1.0F, -0.272F, -0.647F}, {1.0F, -1.106F, 1.703F}}};
    const double angle = 2.0 * std::numbers::pi * shift;
    const auto cosine = static_cast<float>(std::cos(angle));
    const auto sine = static_cast<float>(std::sin(angle));
    // A positive shift goes from red by green to blue: I towards -Q.
    const Matrix turn{{{1, 0, 0}, {0, cosine, sine}, {0, -sine, cosine}}};
    return followed_by(followed_by({kToYiq, {}}, turn), kToRgb).matrix;
}

std::array<float, 3> mean_color(ImageView image) {
    const std::size_t pixels = image.shape.bytes() / 3;
    const std::array<std::uint64_t, 3> sums = sum_channels(image.data, pixels);
    const auto mean = [pixels](std::uint64_t sum) { return static_cast<float>(sum) / static_cast<float>(pixels); };
    return {mean(sums[0]), mean(sums[1]), mean(sums[2])};
}

float luma(const ColorMap& map, const std::array<float, 3>& colour) {
    float sum = 0.0F;
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& row = map.matrix[i];
        sum += kLumaWeights[i] * (row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2] + map.offset[i]);
    }
    return sum;
}

} // namespace

void ColorChain::start(ColorMode mode) {
    mode_ = mode;
    steps_.clear();
    program_.clear();
}

bool ColorChain::linear(std::size_t step) const {
    return step < steps_.size() &&
           std::visit(Overloaded{[](Brightness) { return true; }, [](Contrast) { return true; },
                                 [](Saturation) { return true; }, [](Hue) { return true; },
                                 [](Grayscale) { return true; }, [](const auto&) { return false; }},
                      steps_[step]);
}

ColorMap ColorChain::folded(std::size_t first, std::size_t last) {
    ColorMap map;
    std::optional<std::array<float, 3>> mean;
    for (std::size_t i = first; i < last; ++i) {
        const auto scale_about_mean = [&](Contrast contrast) {
            if (!mean) {
                execute();
                mean = mean_color(image_);
            }
            const auto factor = static_cast<float>(contrast.factor);
            const float pivot = luma(map, *mean);
            map = followed_by(map, brightness_matrix(factor));
            for (float& offset : map.offset) {
                offset += (1.0F - factor) * pivot;
            }
        };
        const auto multiply = [&](const Matrix& matrix) { map = followed_by(map, matrix); };
        std::visit(Overloaded{scale_about_mean,
                              [&](Brightness step) { multiply(brightness_matrix(static_cast<float>(step.factor))); },
                              [&](Saturation step) { multiply(saturation_matrix(static_cast<float>(step.factor))); },
                              [&](Hue step) { multiply(hue_matrix(step.shift)); },
                              [&](Grayscale step) { multiply(gray_matrix(step.weights)); }, [](const auto&) {}},
                   steps_[i]);
    }
    return map;
}

void ColorChain::execute() {
    if (!program_.empty()) {
        program_.run(image_, target_);
        program_.clear();
        image_ = target_;
    }
}

ImageView ColorChain::settled() {
    if (!program_.only_levels()) {
        execute();
    }
    return image_;
}

void ColorChain::resolve(const ColorStep& step) {
    const auto look_at_channels = [&](auto looks, auto table_of) {
        for (std::size_t c = 0; c < looks.size(); ++c) {
            program_.add(Levels{table_of(looks[c]), static_cast<int>(c)});
        }
    };
    std::visit(Overloaded{[&](Brightness brightness) { program_.add(Levels{brightness_levels(brightness.factor)}); },
                          [&](Contrast contrast) {
                              const float pivot = program_.mean(settled());
                              program_.add(Levels{contrast_levels(contrast.factor, pivot)});
                          },
                          [&](AutoContrast) {
                              look_at_channels(program_.extremes(settled()), [](const auto& extremes) {
                                  return auto_contrast_levels(extremes.first, extremes.second);
                              });
                          },
                          [&](Equalize) { look_at_channels(program_.histograms(settled()), equalize_levels); },
                          [&](Solarize solarize) { program_.add(Levels{solarize_levels(solarize.threshold)}); },
                          [&](Posterize posterize) { program_.add(Levels{posterize_levels(posterize.bits)}); },
                          [&](Gamma gamma) { program_.add(Levels{gamma_levels(gamma.gamma)}); },
                          [&](const GainOffset& scaled) {
                              program_.add(Levels{gain_offset_levels(scaled.gain, scaled.offset), scaled.channel});
                          },
                          [&](ChannelDrop drop) {
                              program_.add(Levels{constant_levels(0), drop.channel});
                          },
                          [&](const auto& operation) { program_.add(operation); }},
               step);
}

void ColorChain::run(ImageView source, MutableImageView target) {
    image_ = source;
    target_ = target;
    const bool fold = mode_ == ColorMode::fast && source.shape.channels == 3;
    for (std::size_t i = 0; i < steps_.size();) {
        std::size_t end = i + 1;
        while (fold && linear(i) && linear(end)) {
            ++end;
        }
        if (end - i > 1) {
            const FixedColorMap map(folded(i, end));
            program_.add(map);
        } else {
            resolve(steps_[i]);
        }
        i = end;
    }
    steps_.clear();
    program_.run(image_, target);
    program_.clear();
}

} // namespace tacit::augment
