// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/operation.hpp"
#include "augment/resample/resample.hpp"

#include <algorithm>
#include <array>
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

/// An operation that hides pixels of the finished view and leaves their values alone.
class PixelMask : public AnyPixelOperation<PixelMask> {
  public:
    explicit PixelMask(int size) : size_(size) {}
    ViewOutputs outputs() const override { return {.mask = {1, size_, size_}}; }
    void run(ViewTargets& targets, Draws& draws) const {
        if (targets.mask() != nullptr) {
            hide(targets, draws);
        }
    }

  protected:
    int size() const { return size_; }
    virtual void hide(ViewTargets& targets, Draws& draws) const = 0;

  private:
    int size_;
};

class CenterMask final : public PixelMask {
  public:
    CenterMask(int size, double side) : PixelMask(size), side_(side) {}

  private:
    void hide(ViewTargets& targets, Draws&) const override {
        const int length = std::clamp(static_cast<int>(std::lround(side_ * size())), 1, size());
        const int begin = (size() - length) / 2;
        hide_block(targets.mask(), size(), {begin, begin, length, length});
    }

    double side_;
};

class RandomBlockMask final : public PixelMask {
  public:
    RandomBlockMask(int size, int blocks, Range area, Range ratio)
        : PixelMask(size), blocks_(blocks), area_(area), ratio_(ratio) {}

  private:
    void hide(ViewTargets& targets, Draws& draws) const override {
        for (int i = 0; i < blocks_; ++i) {
            const Box block = random_block(draws);
            hide_block(targets.mask(), size(), block);
            targets.note("{} x {} at {}, {}", block.height, block.width, block.top, block.left);
        }
    }

    Box random_block(Draws& draws) const {
        const double area = draws.uniform(area_.low, area_.high) * size() * size();
        const double ratio = std::exp(draws.uniform(std::log(ratio_.low), std::log(ratio_.high)));
        const auto side = [this](double length) {
            return std::clamp(static_cast<int>(std::lround(length)), 1, size());
        };
        Box block{0, 0, side(std::sqrt(area / ratio)), side(std::sqrt(area * ratio))};
        block.top = draws.below(size() - block.height + 1);
        block.left = draws.below(size() - block.width + 1);
        return block;
    }

    int blocks_;
    Range area_;
    Range ratio_;
};

/// Cubic interpolation of values `stride` apart, `place` >= 0 counted from the second: Keys 1981, a = -1/2.
float blend(const float* values, std::ptrdiff_t stride, float place) {
    const auto inner = [](float d) { return (1.5F * d - 2.5F) * d * d + 1; };
    const auto outer = [](float d) { return ((-0.5F * d + 2.5F) * d - 4) * d + 2; };
    const auto first = static_cast<std::ptrdiff_t>(place);
    const float t = place - static_cast<float>(first);
    const float* v = values + first * stride;
    return outer(1 + t) * v[0] + inner(t) * v[stride] + inner(1 - t) * v[2 * stride] + outer(2 - t) * v[3 * stride];
}

constexpr int kMaxKnots = 1024;

/// The pixels where smooth noise is lowest: regions of any form that together hide an exact share.
class FreeFormMask final : public PixelMask {
  public:
    FreeFormMask(int size, double resolution, Range area)
        : PixelMask(size), step_(static_cast<float>(resolution)), area_(area),
          knots_(static_cast<int>(std::ceil(resolution * size)) + 4) {}

  private:
    void hide(ViewTargets& targets, Draws& draws) const override {
        const double area = draws.uniform(area_.low, area_.high);
        const auto pixels = static_cast<std::size_t>(size()) * static_cast<std::size_t>(size());
        const auto columns = static_cast<std::size_t>(knots_) * static_cast<std::size_t>(size());
        float* field = targets.buffers().field.get(2 * pixels + columns);
        fill_field(field, field + 2 * pixels, draws);
        float* sorted = field + pixels;
        std::copy_n(field, pixels, sorted);
        const auto hidden = std::clamp<std::size_t>(
            static_cast<std::size_t>(std::lround(area * static_cast<double>(pixels))), 1, pixels);
        std::nth_element(sorted, sorted + hidden - 1, sorted + pixels);
        const float highest = sorted[hidden - 1];
        for (std::size_t i = 0; i < pixels; ++i) {
            targets.mask()[i] = field[i] <= highest ? 1 : targets.mask()[i];
        }
        targets.note("area {:.3f}", area);
    }

    /// `field` [size, size]: uniform noise on a grid of knots, interpolated by cubics, of a random phase. `stretched`
    /// [knots, size] takes the knots' rows at full width.
    void fill_field(float* field, float* stretched, Draws& draws) const {
        const auto phase_x = static_cast<float>(draws.uniform());
        const auto phase_y = static_cast<float>(draws.uniform());
        const auto row = [this](float* rows, int y) { return rows + static_cast<std::ptrdiff_t>(y) * size(); };
        std::array<float, kMaxKnots> knots{};
        for (int y = 0; y < knots_; ++y) {
            std::generate_n(knots.begin(), knots_, [&] { return static_cast<float>(draws.uniform()); });
            for (int x = 0; x < size(); ++x) {
                row(stretched, y)[x] = blend(knots.data(), 1, phase_x + static_cast<float>(x) * step_);
            }
        }
        for (int y = 0; y < size(); ++y) {
            for (int x = 0; x < size(); ++x) {
                row(field, y)[x] = blend(stretched + x, size(), phase_y + static_cast<float>(y) * step_);
            }
        }
    }

    float step_; ///< knots a pixel
    Range area_;
    int knots_; ///< along a side
};

} // namespace

// Pathak et al. 2016: the central region hides a quarter of the image.
OperationPtr make_center_mask(OpParams& params) {
    return std::make_unique<CenterMask>(
        params.size(), params.number({"side", "side of the hidden square", "share of the view's"}, 0.5, 1e-3, 1.0));
}

// Pathak et al. 2016, random blocks: several overlapping blocks that hide up to a quarter of the image.
OperationPtr make_random_block_mask(OpParams& params) {
    const int blocks = params.integer({"blocks", "rectangles that are hidden"}, 5, 1, 1000);
    const Range area = params.range({"area", "of each rectangle", "share of the view's"}, {0.03, 0.08}, 1e-6, 1.0);
    const Range ratio = params.range({"ratio", "width / height of a rectangle"}, {0.75, 4.0 / 3.0}, 1e-2, 1e2);
    return std::make_unique<RandomBlockMask>(params.size(), blocks, area, ratio);
}

// Pathak et al. 2016, random region; the numbers are those of github.com/pathak22/context-encoder, train_random.lua:
// noise of .06 points a pixel, interpolated by cubics, and masks of 20 to 30 % of the image.
OperationPtr make_free_form_mask(OpParams& params) {
    const double finest = std::min(1.0, static_cast<double>(kMaxKnots - 5) / params.size());
    const double resolution =
        params.number({"resolution", "of the noise that the regions come from; small: large regions", "points a pixel",
                       "0.06; less in large views"},
                      std::min(0.06, finest), 1e-4, finest);
    const Range area =
        params.range({"area", "of all regions together, exactly", "share of the view's"}, {0.2, 0.3}, 1e-6, 1.0);
    return std::make_unique<FreeFormMask>(params.size(), resolution, area);
}

} // namespace tacit::augment
