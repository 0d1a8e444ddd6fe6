// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/permutations.hpp"
#include "augment/recipe/operation.hpp"
#include "augment/simd.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <utility>

namespace tacit::augment {
namespace {

struct JigsawLayout {
    int grid = 3;       ///< tiles along a side
    int tile = 0;       ///< pixels along a tile's side
    int gap = 0;        ///< least pixels between neighbouring tiles of the source
    bool jitter = true; ///< tiles lie anywhere in their cells, not in the middle
    bool normalize = false;
};

/// A tile where it lies in the view.
template <class T> struct Tile {
    T* data;
    std::ptrdiff_t stride; ///< values from row to row
    std::size_t rows;
    std::size_t columns; ///< values in a row
    std::size_t channels;
};

/// What a tile's channels get by normalising: two and a half deviations reach black and white.
constexpr double kMean = 128.0 / 255.0;
constexpr double kDeviation = 51.0 / 255.0;

TACIT_KERNEL void add_row(const std::uint8_t* __restrict row, std::size_t count, std::uint32_t* __restrict sums,
                          std::uint32_t* __restrict squares) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t level = row[i];
        sums[i] += level;
        squares[i] += level * level;
    }
}

TACIT_KERNEL void scale_row(std::uint8_t* __restrict row, std::size_t count, const float* __restrict gains,
                            const float* __restrict offsets) {
    for (std::size_t i = 0; i < count; ++i) {
        const float level = std::clamp(static_cast<float>(row[i]) * gains[i] + offsets[i], 0.0F, 255.0F);
        row[i] = static_cast<std::uint8_t>(
            static_cast<int>(level + 0.5F)); // NOLINT(bugprone-incorrect-roundings): not negative
    }
}

/// Gives each channel the mean 128 and the standard deviation 51; one of a single level becomes 128. Sums, gains and
/// offsets are kept for each value of a row, so that no row is taken apart into channels.
void normalize_tile(const Tile<std::uint8_t>& tile, Workspace::Buffers& buffers) {
    std::uint32_t* sums = buffers.sums.get(2 * tile.columns);
    std::uint32_t* squares = sums + tile.columns;
    std::fill_n(sums, 2 * tile.columns, 0U);
    for (std::size_t y = 0; y < tile.rows; ++y) {
        simd<add_row>(tile.data + static_cast<std::ptrdiff_t>(y) * tile.stride, tile.columns, sums, squares);
    }
    float* gains = buffers.field.get(2 * tile.columns);
    float* offsets = gains + tile.columns;
    const std::size_t pixels = tile.rows * (tile.columns / tile.channels);
    const auto count = static_cast<double>(pixels);
    for (std::size_t c = 0; c < tile.channels; ++c) {
        std::uint64_t sum = 0;
        std::uint64_t square = 0;
        for (std::size_t i = c; i < tile.columns; i += tile.channels) {
            sum += sums[i];
            square += squares[i];
        }
        const double mean = static_cast<double>(sum) / count;
        const double variance = static_cast<double>(square) / count - mean * mean;
        const double gain = variance > 1e-6 ? 255.0 * kDeviation / std::sqrt(variance) : 0.0;
        for (std::size_t i = c; i < tile.columns; i += tile.channels) {
            gains[i] = static_cast<float>(gain);
            offsets[i] = static_cast<float>(255.0 * kMean - gain * mean);
        }
    }
    for (std::size_t y = 0; y < tile.rows; ++y) {
        simd<scale_row>(tile.data + static_cast<std::ptrdiff_t>(y) * tile.stride, tile.columns,
                        static_cast<const float*>(gains), static_cast<const float*>(offsets));
    }
}

/// The same of floats.
void normalize_tile(const Tile<float>& tile, Workspace::Buffers& /*buffers*/) {
    const auto each_value = [&tile](std::size_t channel, auto visit) {
        for (std::size_t y = 0; y < tile.rows; ++y) {
            float* row = tile.data + static_cast<std::ptrdiff_t>(y) * tile.stride;
            for (std::size_t i = channel; i < tile.columns; i += tile.channels) {
                visit(row[i]);
            }
        }
    };
    const std::size_t pixels = tile.rows * (tile.columns / tile.channels);
    const auto count = static_cast<double>(pixels);
    for (std::size_t c = 0; c < tile.channels; ++c) {
        double sum = 0.0;
        double squares = 0.0;
        each_value(c, [&](float value) {
            sum += value;
            squares += static_cast<double>(value) * value;
        });
        const double mean = sum / count;
        const double variance = squares / count - mean * mean;
        const double gain = variance > 1e-10 ? kDeviation / std::sqrt(variance) : 0.0;
        each_value(
            c, [&](float& value) { value = static_cast<float>(std::clamp(kMean + gain * (value - mean), 0.0, 1.0)); });
    }
}

/// Cuts the image into cells, a tile out of each, and puts the tiles together in another order.
class Jigsaw final : public AnyPixelOperation<Jigsaw> {
  public:
    Jigsaw(const JigsawLayout& layout, std::vector<Permutation> permutations)
        : layout_(layout), permutations_(std::move(permutations)) {}
    bool moves_pixels() const override { return true; }
    int short_side() const override { return layout_.grid * layout_.tile; }
    ViewOutputs outputs() const override {
        const PuzzleShape puzzle{layout_.grid * layout_.grid, static_cast<int>(permutations_.size())};
        return {.mask = {}, .rotation = false, .permutation = puzzle};
    }
    template <class T> void run(BasicCanvas<T>& canvas, Draws& draws) const {
        const BasicImageView<T> source = canvas.image();
        const int cell_height = source.shape.height / layout_.grid;
        const int cell_width = source.shape.width / layout_.grid;
        if (std::min(cell_height, cell_width) < layout_.tile + layout_.gap) {
            throw DataError(fmt::format("jigsaw of an image of {} x {} into {} x {} tiles of {} pixels, {} apart: put "
                                        "a larger crop before it, or choose a smaller size or gap",
                                        source.shape.height, source.shape.width, layout_.grid, layout_.grid,
                                        layout_.tile, layout_.gap));
        }
        const int index = draws.below(static_cast<int>(permutations_.size()));
        canvas.set_permutation(index);
        const Permutation& order = permutations_[static_cast<std::size_t>(index)];
        canvas.note("{}: {}", index, fmt::join(order, " "));
        const int side = layout_.grid * layout_.tile;
        const BasicMutableImageView<T> out = canvas.next({side, side, source.shape.channels});
        for (std::size_t place = 0; place < order.size(); ++place) {
            const int top = order[place] / layout_.grid * cell_height + offset(cell_height, draws);
            const int left = order[place] % layout_.grid * cell_width + offset(cell_width, draws);
            const Tile<T> tile = tile_at(static_cast<int>(place), out);
            copy_tile(source, top, left, tile);
            if (layout_.normalize) {
                normalize_tile(tile, canvas.buffers());
            }
        }
    }

  private:
    /// Where the tile begins in its cell; half of the gap stays free on either side.
    int offset(int cell, Draws& draws) const {
        const int room = cell - layout_.tile - layout_.gap;
        return (layout_.gap + 1) / 2 + (layout_.jitter ? draws.below(room + 1) : room / 2);
    }

    template <class T> Tile<T> tile_at(int place, BasicMutableImageView<T> view) const {
        const int channels = view.shape.channels;
        const std::ptrdiff_t columns = std::ptrdiff_t{layout_.tile} * channels;
        const std::ptrdiff_t row = columns * layout_.grid;
        const std::ptrdiff_t top = std::ptrdiff_t{place / layout_.grid} * layout_.tile;
        return {view.data + top * row + place % layout_.grid * columns, row, static_cast<std::size_t>(layout_.tile),
                static_cast<std::size_t>(columns), static_cast<std::size_t>(channels)};
    }

    /// Fills the tile from where it begins in the image.
    template <class T> static void copy_tile(BasicImageView<T> source, int top, int left, const Tile<T>& tile) {
        const std::ptrdiff_t row = std::ptrdiff_t{source.shape.width} * source.shape.channels;
        const T* in = source.data + top * row + std::ptrdiff_t{left} * source.shape.channels;
        T* out = tile.data;
        for (std::size_t y = 0; y < tile.rows; ++y, in += row, out += tile.stride) {
            std::copy_n(in, tile.columns, out);
        }
    }

    JigsawLayout layout_;
    std::vector<Permutation> permutations_;
};

} // namespace

// Noroozi & Favaro 2016: 3 x 3 cells of 75 pixels, tiles of 64 anywhere in them. 2 x 2 for views up to 64 pixels, and
// where 3 does not divide the side.
OperationPtr make_jigsaw(OpParams& params) {
    constexpr int kSmallSide = 64;
    constexpr int kLargestGap = 8192;
    constexpr int kFew = 24;
    constexpr int kMany = 100;
    JigsawLayout layout;
    layout.grid = params.integer({"grid", "along a side, each of view / grid pixels", "tiles",
                                  "3; 2 up to 64 pixels and where 3 does not divide the side"},
                                 params.size() <= kSmallSide || params.size() % 3 != 0 ? 2 : 3, 2, 3);
    layout.gap = params.integer({"gap", "at least between neighbouring tiles", "pixels"}, 0, 0, kLargestGap);
    layout.jitter = params.flag({"jitter", "each tile lies anywhere in its cell"}, true);
    layout.normalize = params.flag({"normalize", "each tile and channel to mean 128 and deviation 51"}, false);
    const int tiles = layout.grid * layout.grid;
    const int permutations =
        params.integer({"permutations", "that tiles may have, the classes; 0: 24 of 2 x 2 tiles, 100 of 3 x 3"}, 0, 0,
                       layout.grid == 2 ? kFew : 10000);
    layout.tile = params.size() / layout.grid;
    if (params.size() % layout.grid != 0) {
        params.fail(fmt::format("the view's side of {} cannot be {} tiles; choose a multiple of {}", params.size(),
                                layout.grid, layout.grid));
    }
    const int count = permutations > 0 ? permutations : layout.grid == 2 ? kFew : kMany;
    return std::make_unique<Jigsaw>(layout, permutation_set(tiles, count));
}

} // namespace tacit::augment
