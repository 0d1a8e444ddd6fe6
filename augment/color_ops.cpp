// SPDX-License-Identifier: Apache-2.0
#include "augment/color.hpp"
#include "augment/operation.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace tacit::augment {
namespace {

/// The current image as planes; merge() writes them back.
class PlanesOfCanvas {
  public:
    explicit PlanesOfCanvas(Canvas& canvas) : image_(canvas.edit()) {
        planes_.data = canvas.buffers().planes.get(image_.shape.bytes());
        planes_.pixels = image_.shape.bytes() / 3;
        split_planes(image_, planes_);
    }
    PlanarRgb planes() const { return planes_; }
    void merge() { merge_planes(planes_, image_); }

  private:
    MutableImageView image_;
    PlanarRgb planes_;
};

std::span<std::uint8_t> values_of(MutableImageView image) {
    return {image.data, image.shape.bytes()};
}

struct JitterRanges {
    Range brightness;
    Range contrast;
    Range saturation;
    Range hue;
};

enum class Adjustment { brightness, contrast, saturation, hue };

bool changes(const Range& range, double neutral) {
    return range.low != neutral || range.high != neutral;
}

/// torchvision's ColorJitter: one factor for each adjustment, applied in random order.
class ColorJitter final : public Operation {
  public:
    explicit ColorJitter(const JitterRanges& ranges) : ranges_(ranges) {}
    void apply(Canvas& canvas, Draws& draws) const override {
        std::array<Adjustment, 4> order{Adjustment::brightness, Adjustment::contrast, Adjustment::saturation,
                                        Adjustment::hue};
        for (int i = 3; i > 0; --i) {
            std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(draws.below(i + 1))]);
        }
        const std::array<double, 4> amounts{
            draws.uniform(ranges_.brightness.low, ranges_.brightness.high),
            draws.uniform(ranges_.contrast.low, ranges_.contrast.high),
            draws.uniform(ranges_.saturation.low, ranges_.saturation.high),
            draws.uniform(ranges_.hue.low, ranges_.hue.high),
        };
        canvas.note("brightness {:.2f}, contrast {:.2f}, saturation {:.2f}, hue {:.2f}", amounts[0], amounts[1],
                    amounts[2], amounts[3]);
        if (canvas.image().shape.channels == 3) {
            PlanesOfCanvas image(canvas);
            for (const Adjustment adjustment : order) {
                adjust_rgb(image.planes(), adjustment, amounts[static_cast<std::size_t>(adjustment)]);
            }
            image.merge();
        } else {
            for (const Adjustment adjustment : order) {
                adjust_any(values_of(canvas.edit()), adjustment, amounts[static_cast<std::size_t>(adjustment)]);
            }
        }
    }

  private:
    void adjust_rgb(PlanarRgb image, Adjustment adjustment, double amount) const {
        if (adjustment == Adjustment::brightness && changes(ranges_.brightness, 1.0)) {
            adjust_brightness(image.values(), amount);
        } else if (adjustment == Adjustment::contrast && changes(ranges_.contrast, 1.0)) {
            adjust_contrast(image.values(), mean_gray(image), amount);
        } else if (adjustment == Adjustment::saturation && changes(ranges_.saturation, 1.0)) {
            adjust_saturation(image, amount);
        } else if (adjustment == Adjustment::hue && changes(ranges_.hue, 0.0)) {
            adjust_hue(image, amount);
        }
    }

    void adjust_any(std::span<std::uint8_t> values, Adjustment adjustment, double amount) const {
        if (adjustment == Adjustment::brightness && changes(ranges_.brightness, 1.0)) {
            adjust_brightness(values, amount);
        } else if (adjustment == Adjustment::contrast && changes(ranges_.contrast, 1.0)) {
            adjust_contrast(values, mean_value(values), amount);
        }
    }

    JitterRanges ranges_;
};

class Grayscale final : public Operation {
  public:
    void apply(Canvas& canvas, Draws&) const override {
        PlanesOfCanvas image(canvas);
        to_grayscale(image.planes());
        image.merge();
    }
};

class Solarize final : public Operation {
  public:
    explicit Solarize(int threshold) : threshold_(threshold) {}
    void apply(Canvas& canvas, Draws&) const override { solarize(values_of(canvas.edit()), threshold_); }

  private:
    int threshold_;
};

/// torchvision's convention: one value v means [max(0, 1 - v), 1 + v], two values are the range itself.
Range factor_range(OpParams& params, const std::string& name) {
    constexpr double kMaxFactor = 100.0;
    if (params.values(name).size() == 1) {
        const double spread = params.number(name, 0.0, 0.0, kMaxFactor);
        return {std::max(0.0, 1.0 - spread), 1.0 + spread};
    }
    return params.range(name, {1.0, 1.0}, 0.0, kMaxFactor);
}

Range hue_range(OpParams& params) {
    if (params.values("hue").size() == 1) {
        const double spread = params.number("hue", 0.0, 0.0, 0.5);
        return {-spread, spread};
    }
    return params.range("hue", {0.0, 0.0}, -0.5, 0.5);
}

} // namespace

OperationPtr make_color_jitter(OpParams& params) {
    JitterRanges ranges;
    ranges.brightness = factor_range(params, "brightness");
    ranges.contrast = factor_range(params, "contrast");
    ranges.saturation = factor_range(params, "saturation");
    ranges.hue = hue_range(params);
    if (params.channels() != 3 && (changes(ranges.saturation, 1.0) || changes(ranges.hue, 0.0))) {
        params.fail(fmt::format("saturation and hue need 3 channels and the images have {}; leave them out: brightness "
                                "and contrast work on any number of channels",
                                params.channels()));
    }
    return std::make_unique<ColorJitter>(ranges);
}

OperationPtr make_grayscale(OpParams& params) {
    if (params.channels() != 3) {
        params.fail(fmt::format("it needs 3 channels and the images have {}; leave it out, or use color_jitter with "
                                "brightness and contrast",
                                params.channels()));
    }
    return std::make_unique<Grayscale>();
}

OperationPtr make_solarize(OpParams& params) {
    return std::make_unique<Solarize>(params.integer("threshold", 128, 0, 256));
}

} // namespace tacit::augment
