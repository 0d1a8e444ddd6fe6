// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/blur.hpp"
#include "augment/color_chain.hpp"
#include "augment/recipe.hpp"
#include "augment/resample.hpp"
#include "augment/scratch.hpp"

#include <array>
#include <cstdint>

namespace tacit::augment {

/// What one worker thread keeps between samples.
struct Workspace::Buffers {
    std::array<Scratch<std::uint8_t>, 2> images;
    ColorChain color;
    ResampleScratch resample;
    BlurScratch blur;
};

} // namespace tacit::augment
