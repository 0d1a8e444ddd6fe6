// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/color/color_step.hpp"
#include "augment/image.hpp"
#include "augment/recipe/recipe.hpp"
#include "augment/scratch.hpp"

#include <cstdint>
#include <vector>

namespace tacit::augment {

/// ColorChain for floats: the arithmetic of torchvision.transforms.v2 on float32 tensors, in both colour modes, a pass
/// over the image for each step. Values that a step computes are clamped to [0, 1], and black where there is no number.
///
/// Equalize is another: a histogram of 65,536 levels, where torchvision has 256, and a value becomes the share of
/// darker pixels among those that are not of the brightest level, as Pillow's would without its rounding to whole
/// pixels.
class FloatColorChain {
  public:
    /// Begins an empty chain.
    void start(ColorMode /*mode*/) { steps_.clear(); }
    bool empty() const { return steps_.empty(); }
    void add(const ColorStep& step) { steps_.push_back(step); }

    /// Writes what the recorded steps make of `source` to `target`, of the same shape (the same memory, or memory
    /// apart), and begins an empty chain.
    void run(FloatImageView source, MutableFloatImageView target);

  private:
    void apply(const ColorStep& step, MutableFloatImageView image);

    std::vector<ColorStep> steps_;
    Scratch<std::uint32_t> histogram_;
};

} // namespace tacit::augment
