// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/blur.hpp"
#include "augment/color_chain.hpp"
#include "augment/recipe.hpp"
#include "augment/resample.hpp"
#include "augment/scratch.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace tacit::augment {

/// Seconds that were spent in each operation, by its name.
using OperationSeconds = std::map<std::string, double>;

/// What one worker thread keeps between samples.
struct Workspace::Buffers {
    OperationSeconds* seconds = nullptr; ///< where time is added up while somebody measures it
    std::array<Scratch<std::uint8_t>, 2> images;
    Scratch<std::uint8_t> planes;
    Scratch<float> field;
    ColorChain color;
    ResampleScratch resample;
    BlurScratch blur;
};

} // namespace tacit::augment
