// SPDX-License-Identifier: Apache-2.0
#include "augment/operation.hpp"
#include "augment/resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tacit::augment {
namespace {

/// Hides rows [top, top + height) and columns [left, left + width) of a size x size mask.
void hide_block(std::uint8_t* mask, int size, Box block) {
    for (int y = block.top; y < block.top + block.height; ++y) {
        std::memset(mask + static_cast<std::ptrdiff_t>(y) * size + block.left, 1,
                    static_cast<std::size_t>(block.width));
    }
}

class CenterMask final : public Operation {
  public:
    explicit CenterMask(double side) : side_(side) {}
    ViewOutputs outputs() const override { return {.mask = true}; }
    void apply(Canvas& canvas, Draws&) const override {
        if (canvas.mask() == nullptr) {
            return;
        }
        const int length = std::clamp(static_cast<int>(std::lround(side_ * canvas.size())), 1, canvas.size());
        const int begin = (canvas.size() - length) / 2;
        hide_block(canvas.mask(), canvas.size(), {begin, begin, length, length});
    }

  private:
    double side_;
};

class RandomBlockMask final : public Operation {
  public:
    RandomBlockMask(int blocks, Range area, Range ratio) : blocks_(blocks), area_(area), ratio_(ratio) {}
    ViewOutputs outputs() const override { return {.mask = true}; }
    void apply(Canvas& canvas, Draws& draws) const override {
        if (canvas.mask() == nullptr) {
            return;
        }
        for (int i = 0; i < blocks_; ++i) {
            hide_block(canvas.mask(), canvas.size(), random_block(canvas.size(), draws));
        }
    }

  private:
    Box random_block(int size, Draws& draws) const {
        const double area = draws.uniform(area_.low, area_.high) * size * size;
        const double ratio = std::exp(draws.uniform(std::log(ratio_.low), std::log(ratio_.high)));
        const auto side = [size](double length) { return std::clamp(static_cast<int>(std::lround(length)), 1, size); };
        Box block{0, 0, side(std::sqrt(area / ratio)), side(std::sqrt(area * ratio))};
        block.top = draws.below(size - block.height + 1);
        block.left = draws.below(size - block.width + 1);
        return block;
    }

    int blocks_;
    Range area_;
    Range ratio_;
};

} // namespace

// Pathak et al. 2016: the central region hides a quarter of the image.
OperationPtr make_center_mask(OpParams& params) {
    return std::make_unique<CenterMask>(params.number("side", 0.5, 1e-3, 1.0));
}

// Pathak et al. 2016, random blocks: several overlapping blocks that hide up to a quarter of the image.
OperationPtr make_random_block_mask(OpParams& params) {
    const int blocks = params.integer("blocks", 5, 1, 1000);
    const Range area = params.range("area", {0.03, 0.08}, 1e-6, 1.0);
    const Range ratio = params.range("ratio", {0.75, 4.0 / 3.0}, 1e-2, 1e2);
    return std::make_unique<RandomBlockMask>(blocks, area, ratio);
}

} // namespace tacit::augment
