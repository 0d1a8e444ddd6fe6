// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/data/contact_sheet.hpp"

#include "augment/noise/font.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/png.hpp"
#include "pipeline/loader/recipe_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <type_traits>

namespace tacit::cli {
namespace {

constexpr int kSmallestPicture = 64;
constexpr int kTextColumns = 26; ///< characters of a line
constexpr int kTextZoom = 2;
constexpr int kGap = 10;
constexpr int kAdvance = (augment::kGlyphWidth + 1) * kTextZoom;
constexpr int kLineHeight = (augment::kGlyphHeight + 2) * kTextZoom;

using Color = std::array<std::uint8_t, 3>;
constexpr Color kHidden = {255, 105, 180};
constexpr Color kBlock = {255, 220, 0};

/// An RGB picture that can be drawn on; white at first.
class Picture {
  public:
    Picture(int height, int width)
        : height_(height), width_(width),
          pixels_(static_cast<std::size_t>(height) * static_cast<std::size_t>(width), Color{255, 255, 255}) {}
    int height() const { return height_; }
    int width() const { return width_; }
    Color& at(int y, int x) {
        return pixels_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)];
    }
    void paste(Picture& other, int top, int left) {
        for (int y = 0; y < other.height_; ++y) {
            for (int x = 0; x < other.width_; ++x) {
                at(top + y, left + x) = other.at(y, x);
            }
        }
    }
    void write(const std::string& text, int top, int left) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            for (int y = 0; y < augment::kGlyphHeight * kTextZoom; ++y) {
                for (int x = 0; x < augment::kGlyphWidth * kTextZoom; ++x) {
                    if (augment::glyph_covers(text[i], x / kTextZoom, y / kTextZoom)) {
                        at(top + y, left + static_cast<int>(i) * kAdvance + x) = {0, 0, 0};
                    }
                }
            }
        }
    }
    std::string png() const { return encode_png(pixels_.data()->data(), height_, width_, 3); }

  private:
    int height_;
    int width_;
    std::vector<Color> pixels_;
};

/// Breaks `text` at blanks into lines of at most kTextColumns characters; longer words are cut.
void add_wrapped(const std::string& text, std::vector<std::string>& lines) {
    const auto columns = static_cast<std::size_t>(kTextColumns);
    std::size_t begin = 0;
    while (text.size() - begin > columns) {
        const std::size_t blank = text.rfind(' ', begin + columns);
        const bool breaks = blank != std::string::npos && blank > begin;
        const std::size_t end = breaks ? blank : begin + columns;
        lines.push_back(text.substr(begin, end - begin));
        begin = breaks ? end + 1 : end;
    }
    lines.push_back(text.substr(begin));
}

/// A picture and what is written under it.
struct Cell {
    Picture picture{0, 0};
    std::vector<std::string> text;
    int width() const { return std::max(picture.width(), kTextColumns * kAdvance); }
    int height() const { return picture.height() + kGap + static_cast<int>(text.size()) * kLineHeight; }
};

/// The colour that stands for a pixel of `channels` values: itself, the first three, or the mean of two.
Color color_of(const std::uint8_t* values, int channels) {
    if (channels >= 3) {
        return {values[0], values[1], values[2]};
    }
    const auto level = static_cast<std::uint8_t>((values[0] + values[channels - 1]) / 2);
    return {level, level, level};
}

/// 0 is black and 1 is white.
std::uint8_t level_of(float value) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 1.0F) * 255.0F));
}

std::string channels_shown(int channels) {
    if (channels == 1 || channels == 3) {
        return "";
    }
    return channels == 2 ? ", mean of 2 channels" : fmt::format(", channels 1 to 3 of {}", channels);
}

void tint(Color& color, const Color& with) {
    for (std::size_t c = 0; c < color.size(); ++c) {
        color[c] = static_cast<std::uint8_t>((color[c] + with[c]) / 2);
    }
}

/// One view with its outputs.
struct DrawnView {
    augment::ImageShape shape;
    augment::MaskShape mask_shape;
    std::vector<std::uint8_t> pixels;
    std::vector<float> values; ///< of images of more than 8 bits, shown by `pixels`
    std::vector<std::uint8_t> mask;
    std::vector<std::string> notes;

    /// Enlarged by a whole factor to at least kSmallestPicture pixels, hidden parts and blocks tinted.
    Picture picture() const {
        const int zoom = (kSmallestPicture + shape.width - 1) / shape.width;
        Picture picture(shape.height * zoom, shape.width * zoom);
        for (int y = 0; y < picture.height(); ++y) {
            for (int x = 0; x < picture.width(); ++x) {
                const std::ptrdiff_t pixel = std::ptrdiff_t{y / zoom} * shape.width + x / zoom;
                picture.at(y, x) = color_of(pixels.data() + pixel * shape.channels, shape.channels);
                tint_masked(picture.at(y, x), y / zoom, x / zoom);
            }
        }
        return picture;
    }

  private:
    void tint_masked(Color& color, int y, int x) const {
        const std::ptrdiff_t row = std::ptrdiff_t{y} * mask_shape.height / shape.height;
        const std::ptrdiff_t cell = row * mask_shape.width + std::ptrdiff_t{x} * mask_shape.width / shape.width;
        for (int plane = mask_shape.planes - 1; plane >= 0; --plane) {
            const std::ptrdiff_t first = std::ptrdiff_t{plane} * mask_shape.height * mask_shape.width;
            if (mask[static_cast<std::size_t>(first + cell)] != 0) {
                tint(color, plane == 0 ? kHidden : kBlock);
                return;
            }
        }
    }
};

/// Makes the views of images, ready to be shown.
class ViewDrawer {
  public:
    explicit ViewDrawer(const augment::Recipe& recipe)
        : recipe_(recipe), views_(static_cast<std::size_t>(recipe.views())) {
        for (std::size_t i = 0; i < views_.size(); ++i) {
            views_[i].shape = recipe.output(static_cast<int>(i));
            views_[i].mask_shape = recipe.outputs(static_cast<int>(i)).mask;
            views_[i].pixels.resize(views_[i].shape.bytes());
            views_[i].mask.resize(views_[i].mask_shape.bytes());
        }
    }

    /// The cells of all views; `title` begins the text of each.
    template <class T>
    std::vector<Cell> draw(const augment::BasicImageView<T>& source, const augment::SampleKey& key,
                           const std::string& title) {
        std::vector<augment::ViewSlot> slots;
        for (DrawnView& view : views_) {
            view.notes.clear();
            view.values.resize(std::is_same_v<T, float> ? view.shape.values() : 0);
            slots.push_back({view.pixels.data(), view.mask.data(), nullptr, nullptr, &view.notes, view.values.data()});
        }
        recipe_.apply(source, key, slots, workspace_);
        for (DrawnView& view : views_) {
            std::transform(view.values.begin(), view.values.end(), view.pixels.begin(), level_of);
        }
        std::vector<Cell> cells;
        for (std::size_t i = 0; i < views_.size(); ++i) {
            const DrawnView& view = views_[i];
            Cell cell{view.picture(), {}};
            add_wrapped(fmt::format("{} view {}, {} x {}{}", title, i, view.shape.height, view.shape.width,
                                    channels_shown(view.shape.channels)),
                        cell.text);
            for (const std::string& note : view.notes) {
                add_wrapped(note, cell.text);
            }
            cells.push_back(std::move(cell));
        }
        return cells;
    }

  private:
    const augment::Recipe& recipe_;
    std::vector<DrawnView> views_;
    augment::Workspace workspace_;
};

/// Puts rows of cells on one picture; columns are as wide as their widest cell, rows as high as their highest.
Picture put_together(std::vector<std::vector<Cell>>& rows) {
    std::vector<int> lefts{kGap};
    for (std::size_t column = 0; column < rows.front().size(); ++column) {
        int width = 0;
        for (const auto& row : rows) {
            width = std::max(width, row[column].width());
        }
        lefts.push_back(lefts.back() + width + kGap);
    }
    std::vector<int> tops{kGap};
    for (const auto& row : rows) {
        const auto highest = std::max_element(row.begin(), row.end(),
                                              [](const Cell& a, const Cell& b) { return a.height() < b.height(); });
        tops.push_back(tops.back() + highest->height() + kGap);
    }
    Picture sheet(tops.back(), lefts.back());
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t c = 0; c < rows[r].size(); ++c) {
            Cell& cell = rows[r][c];
            sheet.paste(cell.picture, tops[r], lefts[c]);
            int top = tops[r] + cell.picture.height() + kGap;
            for (const std::string& line : cell.text) {
                sheet.write(line, top, lefts[c]);
                top += kLineHeight;
            }
        }
    }
    return sheet;
}

} // namespace

std::string contact_sheet(const shards::Dataset& dataset, const augment::Recipe& recipe, const SheetOptions& options) {
    const augment::Recipe plain(loader::eval_recipe(recipe.spec().size, recipe.channels()), recipe.channels());
    ViewDrawer stored(plain);
    ViewDrawer views(recipe);
    const auto views_of = [&](std::int64_t sample, const auto& source) {
        std::vector<Cell> row = stored.draw(source, {}, fmt::format("image {}, plain,", sample));
        for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
            std::vector<Cell> cells = views.draw(
                source, {options.seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint64_t>(sample)},
                fmt::format("epoch {}", epoch));
            std::move(cells.begin(), cells.end(), std::back_inserter(row));
        }
        return row;
    };
    const auto row_of = [&](std::int64_t sample, const auto& source) {
        try {
            return views_of(sample, source);
        } catch (const DataError& error) {
            throw DataError(fmt::format("{}: {}", dataset.name(sample), error.what()));
        }
    };
    shards::SampleBuffer buffer;
    std::vector<std::vector<Cell>> rows;
    rows.reserve(options.samples.size());
    if (dataset.info().floats()) {
        recipe.require_floats();
    }
    for (const std::int64_t sample : options.samples) {
        try {
            rows.push_back(dataset.info().floats() ? row_of(sample, dataset.read_floats(sample, buffer))
                                                   : row_of(sample, dataset.read(sample, buffer)));
        } catch (const DataError& error) {
            if (!options.skip_bad) {
                throw;
            }
            log::warning(fmt::format("{}; it is left out", error.what()));
        }
    }
    if (rows.empty()) {
        throw DataError(fmt::format("{}: none of the images that were picked can be drawn", dataset.info().path));
    }
    return put_together(rows).png();
}

} // namespace tacit::cli
