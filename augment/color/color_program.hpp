// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/color/color.hpp"
#include "augment/color/color_step.hpp"
#include "augment/color/level_table.hpp"
#include "augment/image.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace tacit::augment {

// Operations on single pixels, of which any number is recorded before an image is touched (ColorChain). Where nothing
// else is said they are those of torchvision.transforms.v2 on uint8 tensors, each clamped and truncated by itself.

/// Every level of every channel, or of one alone, becomes what the table says.
struct Levels {
    static constexpr int kEveryChannel = -1;
    LevelTable table;
    int channel = kEveryChannel;
};

/// What a pixel becomes without a look at other pixels.
using PixelOperation = std::variant<Levels, Saturation, Hue, Grayscale, Lab, FixedColorMap, ChannelOrder>;

/// Executes pixel operations a few pixels at a time: they are taken apart into planes, everything is applied while
/// these are in the fastest cache, and they are put together again.
class ColorProgram {
  public:
    bool empty() const { return operations_.empty(); }
    void clear() { operations_.clear(); }
    /// Adds an operation at the end; levels right behind levels become one table.
    void add(const PixelOperation& operation);
    /// Whether running it costs little: level tables alone.
    bool only_levels() const;

    /// Writes what it makes of `source` to `target`, of the same shape: the same memory, or memory apart.
    void run(ImageView source, MutableImageView target);

    // Looks at what run() would make of an image.

    /// The contrast pivot: mean gray level of three channels, else mean of all values.
    float mean(ImageView image);
    /// Lowest and highest level of every channel.
    std::span<const std::pair<std::uint8_t, std::uint8_t>> extremes(ImageView image);
    /// Histogram of every channel.
    std::span<const Histogram> histograms(ImageView image);

  private:
    static constexpr std::size_t kBlockPixels = 1024;
    struct alignas(64) Plane {
        std::array<std::uint8_t, kBlockPixels> values;
    };
    /// Some pixels in planes, one for each channel.
    struct Block {
        std::span<std::uint8_t*> planes;
        std::size_t pixels;
        RgbPlanes rgb() const { return {planes[0], planes[1], planes[2], pixels}; }
    };

    template <class Visit> void visit_blocks(ImageView image, Visit visit);
    void load(const std::uint8_t* interleaved, Block block);
    static void store(Block block, std::uint8_t* interleaved);
    void apply(const PixelOperation& operation, Block block);

    std::vector<PixelOperation> operations_;
    std::vector<Plane> memory_;
    std::vector<std::uint8_t*> planes_;
    std::vector<std::pair<std::uint8_t, std::uint8_t>> extremes_;
    std::vector<Histogram> histograms_;
};

} // namespace tacit::augment
