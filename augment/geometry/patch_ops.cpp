// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/operation.hpp"
#include "augment/resample/resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace tacit::augment {
namespace {

/// Patches of 16 at 224 pixels (Dosovitskiy et al. 2021) and 4 at 32, else a divisor of the side in that region.
int default_patch(int size) {
    constexpr int kSmallSide = 64;
    int patch = size <= kSmallSide ? (size + 7) / 8 : size / 12;
    while (size % patch != 0) {
        --patch;
    }
    return patch;
}

/// Patches along a side.
int read_grid(OpParams& params) {
    const int patch = params.integer({"patch", "side of a patch; divides the view's", "pixels", "4 at 32, 16 at 224"},
                                     default_patch(params.size()), 1, params.size());
    if (params.size() % patch != 0) {
        params.fail(fmt::format("patch is {}, it must divide the view's side of {}", patch, params.size()));
    }
    return params.size() / patch;
}

/// A fixed number of patches, all choices being equally likely.
class PatchMask final : public AnyPixelOperation<PatchMask> {
  public:
    PatchMask(int grid, double ratio)
        : grid_(grid), hidden_(grid * grid - static_cast<int>(grid * grid * (1 - ratio))) {}
    ViewOutputs outputs() const override { return {.mask = {1, grid_, grid_}}; }
    // Selection sampling: Knuth, The Art of Computer Programming 2, algorithm 3.4.2S.
    void run(ViewTargets& targets, Draws& draws) const {
        if (targets.mask() == nullptr) {
            return;
        }
        int left = hidden_;
        const int patches = grid_ * grid_;
        for (int i = 0; i < patches; ++i) {
            const bool hide = draws.below(patches - i) < left;
            targets.mask()[i] = static_cast<std::uint8_t>(hide);
            left -= static_cast<int>(hide);
        }
        targets.note("{} of {}", hidden_, patches);
    }

  private:
    int grid_;
    int hidden_;
};

struct BlockRanges {
    Range target_scale;
    Range ratio;
    Range context_scale;
    int targets = 4;
    int min_keep = 10;
};

/// I-JEPA's blocks. The targets of a sample have one size, drawn once; their places are drawn for each.
class MultiBlockMask final : public AnyPixelOperation<MultiBlockMask> {
  public:
    MultiBlockMask(int grid, const BlockRanges& ranges) : grid_(grid), ranges_(ranges) {}
    ViewOutputs outputs() const override { return {.mask = {1 + ranges_.targets, grid_, grid_}}; }
    void run(ViewTargets& targets, Draws& draws) const {
        if (targets.mask() == nullptr) {
            return;
        }
        constexpr int kAttempts = 20;
        const Box target = random_size(ranges_.target_scale, ranges_.ratio, std::max(1, grid_ - 1), draws);
        const Box context = random_size(ranges_.context_scale, {1.0, 1.0}, grid_, draws);
        int visible = place(target, context, targets, draws);
        for (int attempt = 1; visible < ranges_.min_keep && attempt < kAttempts; ++attempt) {
            visible = place(target, context, targets, draws);
        }
        if (visible < ranges_.min_keep) { // a small grid: all that is no target is context
            visible = place(target, {0, 0, grid_, grid_}, targets, draws);
        }
        targets.note("targets {} x {}, context {} x {}, {} visible", target.height, target.width, context.height,
                     context.width, visible);
    }

  private:
    /// Height and width of a block; ratio is height / width as in the paper's code.
    Box random_size(Range scale, Range ratio, int longest, Draws& draws) const {
        const double area = std::floor(draws.uniform(scale.low, scale.high) * grid_ * grid_);
        const double aspect = draws.uniform(ratio.low, ratio.high);
        const auto side = [&](double length) {
            return std::clamp(static_cast<int>(std::nearbyint(length)), 1, longest);
        };
        return {0, 0, side(std::sqrt(area * aspect)), side(std::sqrt(area / aspect))};
    }

    void paint(std::uint8_t* plane, Box block, std::uint8_t value) const {
        for (int y = block.top; y < block.top + block.height; ++y) {
            std::memset(plane + static_cast<std::ptrdiff_t>(y) * grid_ + block.left, value,
                        static_cast<std::size_t>(block.width));
        }
    }

    Box placed(Box block, Draws& draws) const {
        block.top = draws.below(grid_ - block.height + 1);
        block.left = draws.below(grid_ - block.width + 1);
        return block;
    }

    /// Draws places and writes all planes; returns the number of visible patches.
    int place(const Box& target, const Box& context, ViewTargets& targets, Draws& draws) const {
        const std::ptrdiff_t plane = std::ptrdiff_t{grid_} * grid_;
        std::uint8_t* hidden = targets.mask();
        std::memset(hidden, 1, static_cast<std::size_t>(plane));
        paint(hidden, placed(context, draws), 0);
        for (int i = 1; i <= ranges_.targets; ++i) {
            const Box block = placed(target, draws);
            std::memset(hidden + i * plane, 0, static_cast<std::size_t>(plane));
            paint(hidden + i * plane, block, 1);
            paint(hidden, block, 1);
        }
        return static_cast<int>(std::count(hidden, hidden + plane, 0));
    }

    int grid_;
    BlockRanges ranges_;
};

} // namespace

// He et al. 2022 (MAE): three quarters of the patches; the number that stays is rounded down as in
// facebookresearch/mae, models_mae.py.
OperationPtr make_patch_mask(OpParams& params) {
    const int grid = read_grid(params);
    return std::make_unique<PatchMask>(
        grid, params.number({"ratio", "that are hidden, equally many in every view", "share of the patches"}, 0.75, 0.0,
                            1.0));
}

// Assran et al. 2023 (I-JEPA), appendix A.1; min_keep is that of facebookresearch/ijepa, src/masks/multiblock.py.
OperationPtr make_multi_block_mask(OpParams& params) {
    const int grid = read_grid(params);
    BlockRanges ranges;
    ranges.targets = params.integer({"targets", "blocks that are to be predicted"}, ranges.targets, 1, 64);
    ranges.target_scale =
        params.range({"target_scale", "area of a target, one size for all of a view", "share of the view's"},
                     {0.15, 0.2}, 1e-6, 1.0);
    ranges.ratio = params.range({"ratio", "height / width of a target"}, {0.75, 1.5}, 1e-2, 1e2);
    ranges.context_scale =
        params.range({"context_scale", "area of the context block, targets included", "share of the view's"},
                     {0.85, 1.0}, 1e-6, 1.0);
    ranges.min_keep = params.integer({"min_keep", "that stay visible, as far as the grid allows", "patches"},
                                     ranges.min_keep, 0, 1 << 20);
    return std::make_unique<MultiBlockMask>(grid, ranges);
}

} // namespace tacit::augment
