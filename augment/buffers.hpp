// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/color/color_chain.hpp"
#include "augment/color/float_color.hpp"
#include "augment/recipe/recipe.hpp"
#include "augment/resample/blur.hpp"
#include "augment/resample/resample.hpp"
#include "augment/scratch.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace tacit::augment {

/// Seconds that were spent in each operation, by its name.
using OperationSeconds = std::map<std::string, double>;

/// What it keeps for images of one type.
template <class T> struct PixelBuffers;
template <> struct PixelBuffers<std::uint8_t> {
    std::array<Scratch<std::uint8_t>, 2> images;
    Scratch<std::uint8_t> taken; ///< by BasicCanvas::take()
    ColorChain color;
    ResampleScratch resample;
    BlurScratch blur;
};
template <> struct PixelBuffers<float> {
    std::array<Scratch<float>, 2> images;
    Scratch<float> taken;
    FloatColorChain color;
    FloatResampleScratch resample;
    FloatBlurScratch blur;
};

/// What one worker thread keeps between samples.
struct Workspace::Buffers {
    OperationSeconds* seconds = nullptr; ///< where time is added up while somebody measures it
    Scratch<std::uint8_t> coverage;
    Scratch<float> field;
    Scratch<std::uint32_t> sums;
    std::tuple<PixelBuffers<std::uint8_t>, PixelBuffers<float>> pixels;
};

} // namespace tacit::augment
