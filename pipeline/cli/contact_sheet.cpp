// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/contact_sheet.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/png.hpp"
#include "pipeline/loader/recipe_config.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace tacit::cli {
namespace {

constexpr int kSmallestCell = 64;
constexpr int kGap = 4;
constexpr std::array<std::uint8_t, 3> kHidden = {255, 105, 180};

using Pixels = std::vector<std::uint8_t>;

/// An RGB canvas of equal square cells.
class Sheet {
  public:
    Sheet(int rows, int columns, int size)
        : zoom_((kSmallestCell + size - 1) / size), size_(size), cell_(size * zoom_ + kGap),
          height_(rows * cell_ + kGap), width_(columns * cell_ + kGap),
          canvas_(static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_) * 3, 255) {}

    /// Draws [size, size, channels] pixels; `mask` marks hidden ones and may be null.
    void draw(int row, int column, const Pixels& pixels, int channels, const std::uint8_t* mask) {
        for (int y = 0; y < size_ * zoom_; ++y)
            for (int x = 0; x < size_ * zoom_; ++x) {
                const std::size_t from = at(y / zoom_, x / zoom_, size_);
                const std::size_t to = at(kGap + row * cell_ + y, kGap + column * cell_ + x, width_);
                for (std::size_t c = 0; c < 3; ++c)
                    canvas_[to * 3 + c] =
                        mask != nullptr && mask[from] != 0
                            ? kHidden[c]
                            : pixels[from * static_cast<std::size_t>(channels) + (channels == 3 ? c : 0)];
            }
    }

    std::string png() const { return encode_png(canvas_.data(), height_, width_, 3); }

  private:
    static std::size_t at(int y, int x, int width) {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
    }

    int zoom_;
    int size_;
    int cell_;
    int height_;
    int width_;
    Pixels canvas_;
};

/// Draws the views of one source image from `column` on.
class ViewDrawer {
  public:
    explicit ViewDrawer(const augment::Recipe& recipe) : recipe_(recipe) {
        for (int view = 0; view < recipe.views(); ++view) {
            pixels_.emplace_back(recipe.output().bytes());
            masks_.emplace_back(recipe.output().bytes() / static_cast<std::size_t>(recipe.output().channels));
        }
    }

    void draw(Sheet& sheet, int row, int column, augment::ImageView source, const augment::SampleKey& key) {
        std::vector<augment::ViewSlot> slots;
        for (std::size_t view = 0; view < pixels_.size(); ++view)
            slots.push_back({pixels_[view].data(), has_mask(view) ? masks_[view].data() : nullptr, nullptr});
        recipe_.apply(source, key, slots, workspace_);
        for (std::size_t view = 0; view < pixels_.size(); ++view)
            sheet.draw(row, column + static_cast<int>(view), pixels_[view], recipe_.output().channels,
                       slots[view].mask);
    }

  private:
    bool has_mask(std::size_t view) const { return recipe_.outputs(static_cast<int>(view)).mask; }

    const augment::Recipe& recipe_;
    std::vector<Pixels> pixels_;
    std::vector<Pixels> masks_;
    augment::Workspace workspace_;
};

} // namespace

std::string contact_sheet(const shards::Dataset& dataset, const augment::Recipe& recipe, const SheetOptions& options) {
    const augment::ImageShape shape = recipe.output();
    if (shape.channels != 1 && shape.channels != 3)
        throw ConfigError(fmt::format("{}: images of {} channels cannot be drawn; only 1 or 3 can", dataset.info().path,
                                      shape.channels));
    const augment::Recipe plain(loader::eval_recipe(shape.height, shape.channels), shape.channels);
    ViewDrawer stored(plain);
    ViewDrawer views(recipe);
    const int columns = 1 + static_cast<int>(options.epochs) * recipe.views();
    Sheet sheet(static_cast<int>(options.samples.size()), columns, shape.height);
    shards::SampleBuffer buffer;
    for (std::size_t row = 0; row < options.samples.size(); ++row) {
        const std::int64_t sample = options.samples[row];
        const augment::ImageView source = dataset.read(sample, buffer);
        stored.draw(sheet, static_cast<int>(row), 0, source, {});
        for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch)
            views.draw(sheet, static_cast<int>(row), 1 + static_cast<int>(epoch) * recipe.views(), source,
                       {options.seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint64_t>(sample)});
    }
    return sheet.png();
}

} // namespace tacit::cli
