// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry.hpp"
#include "augment/operation.hpp"
#include "augment/permutations.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
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

/// Gives each channel of `image` the mean 128 and the standard deviation 51: two and a half of them reach black and
/// white. A channel of one level becomes 128.
void normalize_tile(MutableImageView image) {
    constexpr double kMean = 128.0;
    constexpr double kDeviation = 51.0;
    const auto channels = static_cast<std::size_t>(image.shape.channels);
    const std::size_t values = image.shape.bytes();
    const std::size_t pixels = values / channels;
    const auto count = static_cast<double>(pixels);
    for (std::size_t c = 0; c < channels; ++c) {
        std::uint64_t sum = 0;
        std::uint64_t squares = 0;
        for (std::size_t i = c; i < values; i += channels) {
            sum += image.data[i];
            squares += std::uint64_t{image.data[i]} * image.data[i];
        }
        const double mean = static_cast<double>(sum) / count;
        const double variance = static_cast<double>(squares) / count - mean * mean;
        const double gain = variance > 1e-6 ? kDeviation / std::sqrt(variance) : 0.0;
        std::array<std::uint8_t, 256> table{};
        for (int level = 0; level < 256; ++level) {
            const double moved = std::nearbyint(kMean + gain * (level - mean));
            table[static_cast<std::size_t>(level)] = static_cast<std::uint8_t>(std::clamp(moved, 0.0, 255.0));
        }
        for (std::size_t i = c; i < values; i += channels) {
            image.data[i] = table[image.data[i]];
        }
    }
}

/// The same of floats, of which 128 levels and 51 are .502 and .2.
void normalize_tile(MutableFloatImageView image) {
    constexpr double kMean = 128.0 / 255.0;
    constexpr double kDeviation = 51.0 / 255.0;
    const auto channels = static_cast<std::size_t>(image.shape.channels);
    const std::size_t values = image.shape.values();
    const auto count = static_cast<double>(values / channels);
    for (std::size_t c = 0; c < channels; ++c) {
        double sum = 0.0;
        double squares = 0.0;
        for (std::size_t i = c; i < values; i += channels) {
            sum += image.data[i];
            squares += static_cast<double>(image.data[i]) * image.data[i];
        }
        const double mean = sum / count;
        const double variance = squares / count - mean * mean;
        const double gain = variance > 1e-10 ? kDeviation / std::sqrt(variance) : 0.0;
        for (std::size_t i = c; i < values; i += channels) {
            image.data[i] = static_cast<float>(std::clamp(kMean + gain * (image.data[i] - mean), 0.0, 1.0));
        }
    }
}

/// Cuts the image into cells, a tile out of each, and puts the tiles together in another order.
class Jigsaw final : public AnyPixelOperation<Jigsaw> {
  public:
    Jigsaw(const JigsawLayout& layout, std::vector<Permutation> permutations)
        : layout_(layout), permutations_(std::move(permutations)) {}
    bool moves_pixels() const override { return true; }
    ViewOutputs outputs() const override { return {.mask = {}, .rotation = false, .permutation = true}; }
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
        const ImageShape tile{layout_.tile, layout_.tile, source.shape.channels};
        const int side = layout_.grid * layout_.tile;
        const BasicMutableImageView<T> out = canvas.next({side, side, tile.channels});
        const BasicMutableImageView<T> cut{canvas.pixel_buffers().tile.get(tile.values()), tile};
        for (std::size_t place = 0; place < order.size(); ++place) {
            const int row = order[place] / layout_.grid;
            const int column = order[place] % layout_.grid;
            copy_window(as_bytes(source), row * cell_height + offset(cell_height, draws),
                        column * cell_width + offset(cell_width, draws), Border::zero, as_bytes(cut));
            if (layout_.normalize) {
                normalize_tile(cut);
            }
            put(as_bytes(cut), static_cast<int>(place), as_bytes(out));
        }
    }

  private:
    /// Where the tile begins in its cell; half of the gap stays free on either side.
    int offset(int cell, Draws& draws) const {
        const int room = cell - layout_.tile - layout_.gap;
        return (layout_.gap + 1) / 2 + (layout_.jitter ? draws.below(room + 1) : room / 2);
    }

    void put(ImageView tile, int place, MutableImageView out) const {
        const auto bytes = static_cast<std::ptrdiff_t>(layout_.tile) * tile.shape.channels;
        const std::ptrdiff_t row = bytes * layout_.grid;
        const std::ptrdiff_t top = std::ptrdiff_t{place / layout_.grid} * layout_.tile;
        std::uint8_t* corner = out.data + top * row + place % layout_.grid * bytes;
        for (int y = 0; y < layout_.tile; ++y) {
            std::memcpy(corner + y * row, tile.data + y * bytes, static_cast<std::size_t>(bytes));
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
    layout.grid = params.integer("grid", params.size() <= kSmallSide || params.size() % 3 != 0 ? 2 : 3, 2, 3);
    layout.gap = params.integer("gap", 0, 0, kLargestGap);
    layout.jitter = params.flag("jitter", true);
    layout.normalize = params.flag("normalize", false);
    const int tiles = layout.grid * layout.grid;
    const int permutations = params.integer("permutations", 0, 0, layout.grid == 2 ? kFew : 10000);
    layout.tile = params.size() / layout.grid;
    if (params.size() % layout.grid != 0) {
        params.fail(fmt::format("the view's side of {} cannot be {} tiles; choose a multiple of {}", params.size(),
                                layout.grid, layout.grid));
    }
    const int count = permutations > 0 ? permutations : layout.grid == 2 ? kFew : kMany;
    return std::make_unique<Jigsaw>(layout, permutation_set(tiles, count));
}

} // namespace tacit::augment
