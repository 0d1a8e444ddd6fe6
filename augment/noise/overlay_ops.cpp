// SPDX-License-Identifier: Apache-2.0
#include "augment/noise/font.hpp"
#include "augment/recipe/operation.hpp"
#include "augment/resample/resample.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace tacit::augment {
namespace {

/// The image to write over, which must have the finished view's size: the mask has it.
template <class T> BasicMutableImageView<T> finished(BasicCanvas<T>& canvas, const char* operation) {
    const ImageShape shape = canvas.image().shape;
    if (shape.height != canvas.size() || shape.width != canvas.size()) {
        throw DataError(fmt::format("{} of an image of {} x {}, where the view is {} x {}: put resize, "
                                    "random_resized_crop or center_crop before it",
                                    operation, shape.height, shape.width, canvas.size(), canvas.size()));
    }
    return canvas.edit();
}

/// What to fill an erased region with: a level for each channel, or uniform noise where there is none.
using Fill = std::vector<std::uint8_t>;

/// Uniform from black to white.
template <class T> T random_value(Draws& draws);
template <> std::uint8_t random_value(Draws& draws) {
    return static_cast<std::uint8_t>(draws.word() >> 24);
}
template <> float random_value(Draws& draws) {
    return static_cast<float>(draws.uniform());
}

/// `opacity` parts of 256 of `level` over a value.
std::uint8_t covered(std::uint8_t value, int level, int opacity) {
    return static_cast<std::uint8_t>((value * (256 - opacity) + level * opacity + 128) >> 8);
}

float covered(float value, int level, int opacity) {
    const float share = static_cast<float>(opacity) / 256.0F;
    return value * (1.0F - share) + static_cast<float>(level) / 255.0F * share;
}

class RandomErasing final : public AnyPixelOperation<RandomErasing> {
  public:
    RandomErasing(int size, Range scale, Range ratio, Fill fill)
        : size_(size), scale_(scale), ratio_(ratio), fill_(std::move(fill)) {}
    ViewOutputs outputs() const override { return {.mask = {1, size_, size_}}; }
    void run(auto& canvas, Draws& draws) const {
        const auto image = finished(canvas, "random_erasing");
        const Box box = random_region(draws);
        const auto columns = static_cast<std::size_t>(box.width);
        const auto channels = static_cast<std::size_t>(image.shape.channels);
        for (int y = box.top; y < box.top + box.height; ++y) {
            const auto begin =
                static_cast<std::size_t>(y) * static_cast<std::size_t>(size_) + static_cast<std::size_t>(box.left);
            fill(image.data + begin * channels, columns * channels, draws);
            if (canvas.mask() != nullptr) {
                std::memset(canvas.mask() + begin, 1, columns);
            }
        }
        canvas.note("{} x {} at {}, {}", box.height, box.width, box.top, box.left);
    }

  private:
    /// torchvision's RandomErasing.get_params: up to ten draws, nothing if none of them fits.
    Box random_region(Draws& draws) const {
        constexpr int kAttempts = 10;
        const double low = std::log(ratio_.low);
        const double high = std::log(ratio_.high);
        for (int attempt = 0; attempt < kAttempts; ++attempt) {
            const double area = draws.uniform(scale_.low, scale_.high) * size_ * size_;
            const double aspect = std::exp(draws.uniform(low, high));
            const double height = std::nearbyint(std::sqrt(area * aspect));
            const double width = std::nearbyint(std::sqrt(area / aspect));
            if (height < size_ && width < size_) {
                Box box{0, 0, static_cast<int>(height), static_cast<int>(width)};
                box.top = draws.below(size_ - box.height + 1);
                box.left = draws.below(size_ - box.width + 1);
                return box;
            }
        }
        return {};
    }

    template <class T> void fill(T* values, std::size_t count, Draws& draws) const {
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = fill_.empty() ? random_value<T>(draws) : from_level<T>(fill_[i % fill_.size()]);
        }
    }

    int size_;
    Range scale_;
    Range ratio_;
    Fill fill_;
};

/// Marks of one grey level, laid over the view: what a restoration task has to take away.
class Watermark : public AnyPixelOperation<Watermark> {
  public:
    Watermark(int size, Range count, Range opacity, Range thickness)
        : size_(size), count_(count), opacity_(opacity), thickness_(thickness) {}
    ViewOutputs outputs() const override { return {.mask = {1, size_, size_}}; }
    void run(auto& canvas, Draws& draws) const {
        const auto image = finished(canvas, "watermark");
        const std::size_t pixels = image.shape.bytes() / static_cast<std::size_t>(image.shape.channels);
        std::uint8_t* coverage = canvas.buffers().coverage.get(pixels);
        std::memset(coverage, 0, pixels);
        const int count = static_cast<int>(count_.low) + draws.below(static_cast<int>(count_.high - count_.low) + 1);
        for (int i = 0; i < count; ++i) {
            draw(coverage, draws);
        }
        const int level = draws.below(256);
        const double opacity = draws.uniform(opacity_.low, opacity_.high);
        lay(coverage, pixels, level, static_cast<int>(std::lround(256 * opacity)), image, canvas.mask());
        canvas.note("{}, level {}, opacity {:.2f}", count, level, opacity);
    }

  protected:
    int size() const { return size_; }
    /// Drawn, in pixels.
    double thickness(Draws& draws) const { return draws.uniform(thickness_.low, thickness_.high) * size_; }
    /// Draws one mark: 1 in `coverage`, [size, size].
    virtual void draw(std::uint8_t* coverage, Draws& draws) const = 0;
    void cover(std::uint8_t* coverage, int y, int x) const {
        if (y >= 0 && y < size_ && x >= 0 && x < size_) {
            coverage[static_cast<std::ptrdiff_t>(y) * size_ + x] = 1;
        }
    }

  private:
    /// `opacity` in 0..256.
    template <class T>
    static void lay(const std::uint8_t* coverage, std::size_t pixels, int level, int opacity,
                    BasicMutableImageView<T> image, std::uint8_t* mask) {
        const auto channels = static_cast<std::size_t>(image.shape.channels);
        for (std::size_t i = 0; i < pixels; ++i) {
            if (coverage[i] == 0) {
                continue;
            }
            for (std::size_t c = i * channels; c < (i + 1) * channels; ++c) {
                image.data[c] = covered(image.data[c], level, opacity);
            }
            if (mask != nullptr) {
                mask[i] = 1;
            }
        }
    }

    int size_;
    Range count_;
    Range opacity_;
    Range thickness_;
};

/// Lines of random capitals and digits; `thickness` is their height.
class TextWatermark final : public Watermark {
  public:
    using Watermark::Watermark;

  private:
    void draw(std::uint8_t* coverage, Draws& draws) const override {
        constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        constexpr int kAdvance = kGlyphWidth + 1;
        constexpr int kLongest = 12;
        const double height = thickness(draws);
        const int zoom = std::max(1, static_cast<int>(std::lround(height / kGlyphHeight)));
        const int longest = std::clamp(size() / (kAdvance * zoom), 1, kLongest);
        const int letters = 1 + draws.below(longest);
        const int top = draws.below(std::max(1, size() - kGlyphHeight * zoom + 1));
        const int left = draws.below(std::max(1, size() - letters * kAdvance * zoom + 1));
        for (int i = 0; i < letters; ++i) {
            const char letter = kLetters[static_cast<std::size_t>(draws.below(static_cast<int>(kLetters.size())))];
            for (int y = 0; y < kGlyphHeight * zoom; ++y) {
                for (int x = 0; x < kGlyphWidth * zoom; ++x) {
                    if (glyph_covers(letter, x / zoom, y / zoom)) {
                        cover(coverage, top + y, left + i * kAdvance * zoom + x);
                    }
                }
            }
        }
    }
};

/// Straight strokes of a round brush between any two points; `thickness` is the brush's diameter.
class StrokeWatermark final : public Watermark {
  public:
    using Watermark::Watermark;

  private:
    void draw(std::uint8_t* coverage, Draws& draws) const override {
        const double radius = std::max(0.5, 0.5 * thickness(draws));
        const double x0 = draws.uniform(0, size());
        const double y0 = draws.uniform(0, size());
        const double dx = draws.uniform(0, size()) - x0;
        const double dy = draws.uniform(0, size()) - y0;
        const double length = std::max(dx * dx + dy * dy, 1e-9);
        const auto first = [&](double from, double way) {
            return static_cast<int>(from + std::min(way, 0.0) - radius);
        };
        const auto last = [&](double from, double way) { return static_cast<int>(from + std::max(way, 0.0) + radius); };
        for (int y = first(y0, dy); y <= last(y0, dy); ++y) {
            for (int x = first(x0, dx); x <= last(x0, dx); ++x) {
                const double px = x + 0.5 - x0;
                const double py = y + 0.5 - y0;
                const double along = std::clamp((px * dx + py * dy) / length, 0.0, 1.0);
                const double ex = px - along * dx;
                const double ey = py - along * dy;
                if (ex * ex + ey * ey <= radius * radius) {
                    cover(coverage, y, x);
                }
            }
        }
    }
};

} // namespace

// Zhong et al. 2020; ranges and the default fill are torchvision's, whose p is 0.5.
OperationPtr make_random_erasing(OpParams& params) {
    const Range scale =
        params.range({"scale", "area of the erased rectangle", "share of the view's"}, {0.02, 0.33}, 1e-6, 1.0);
    const Range ratio = params.range({"ratio", "height / width of the rectangle"}, {0.3, 3.3}, 1e-3, 1e3);
    Fill fill = params.levels({"value", "that it is filled with; one, or one a channel", "levels"}, 0.0);
    if (params.flag({"random", "fills it with noise instead"}, false)) {
        fill.clear();
    }
    return std::make_unique<RandomErasing>(params.size(), scale, ratio, std::move(fill));
}

OperationPtr make_watermark(OpParams& params) {
    const bool text = params.word({"kind", "what is drawn"}, "text", {"text", "strokes"}) == "text";
    const Range count = params.range({"count", "of texts or strokes, whole numbers", "lines"}, {1, 3}, 1, 1000);
    if (count.low != std::floor(count.low) || count.high != std::floor(count.high)) {
        params.fail("count takes whole numbers");
    }
    const Range opacity = params.range({"opacity", "1 hides what lies below"}, {0.4, 0.9}, 0.0, 1.0);
    const Range thickness = params.range({"thickness", "height of letters or width of strokes", "share of the side"},
                                         {0.05, 0.15}, 1e-3, 1.0);
    if (text) {
        return std::make_unique<TextWatermark>(params.size(), count, opacity, thickness);
    }
    return std::make_unique<StrokeWatermark>(params.size(), count, opacity, thickness);
}

} // namespace tacit::augment
