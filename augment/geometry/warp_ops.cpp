// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/warp.hpp"
#include "augment/recipe/operation.hpp"

#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace tacit::augment {
namespace {

struct AffineRanges {
    Range degrees;
    double translate_x = 0.0; // share of the width
    double translate_y = 0.0; // share of the height
    Range scale{1.0, 1.0};
    Range shear_x;
    Range shear_y;
};

/// How levels are found between pixels, and where there are none.
struct Resampling {
    Sampling sampling;
    std::vector<std::uint8_t> fill;
};

void warp_canvas(auto& canvas, const Affine& affine, const Resampling& resampling) {
    const auto source = canvas.image();
    warp(source, affine, resampling.sampling, resampling.fill, canvas.next(source.shape));
}

double drawn(const Range& range, Draws& draws) {
    return draws.uniform(range.low, range.high);
}

class Rotation final : public AnyPixelOperation<Rotation> {
  public:
    Rotation(Range degrees, Resampling resampling) : degrees_(degrees), resampling_(std::move(resampling)) {}
    bool moves_pixels() const override { return true; }
    void run(auto& canvas, Draws& draws) const {
        const double degrees = drawn(degrees_, draws);
        canvas.note("{:.1f}", degrees);
        warp_canvas(canvas, {.degrees = -degrees}, resampling_);
    }

  private:
    Range degrees_;
    Resampling resampling_;
};

class RandomAffine final : public AnyPixelOperation<RandomAffine> {
  public:
    RandomAffine(const AffineRanges& ranges, Resampling resampling)
        : ranges_(ranges), resampling_(std::move(resampling)) {}
    bool moves_pixels() const override { return true; }
    void run(auto& canvas, Draws& draws) const {
        const ImageShape shape = canvas.shape();
        const auto pixels = [&draws](double most) { return std::nearbyint(draws.uniform(-most, most)); };
        Affine affine;
        affine.degrees = drawn(ranges_.degrees, draws);
        affine.translate_x = pixels(ranges_.translate_x * shape.width);
        affine.translate_y = pixels(ranges_.translate_y * shape.height);
        affine.scale = drawn(ranges_.scale, draws);
        affine.shear_x = drawn(ranges_.shear_x, draws);
        affine.shear_y = drawn(ranges_.shear_y, draws);
        canvas.note("{:.1f}, by {:.0f} {:.0f}, scale {:.2f}, shear {:.1f} {:.1f}", affine.degrees, affine.translate_x,
                    affine.translate_y, affine.scale, affine.shear_x, affine.shear_y);
        warp_canvas(canvas, affine, resampling_);
    }

  private:
    AffineRanges ranges_;
    Resampling resampling_;
};

/// torchvision's convention: one value v means [-v, v]. 30 degrees are the most of AutoAugment (Cubuk et al. 2019).
Range degrees_range(OpParams& params) {
    constexpr Key kDegrees{
        "degrees", "angle, of rotation counter-clockwise, of affine clockwise; one value v means [-v, v]", "degrees"};
    if (params.values("degrees").size() == 1) {
        const double most = params.number(kDegrees, 0.0, 0.0, 360.0);
        return {-most, most};
    }
    return params.range(kDegrees, {-30.0, 30.0}, -360.0, 360.0);
}

Range rising(OpParams& params, const std::string& name, double low, double high) {
    if (low > high) {
        params.fail(fmt::format("{} is [{}, {}], the first must not exceed the second", name, low, high));
    }
    return {low, high};
}

/// One value v means [-v, v] of x, two the range of x, four those of x and y.
void read_shear(OpParams& params, AffineRanges& ranges) {
    constexpr double kSteepest = 80.0;
    const std::vector<double> shear =
        params.list({"shear", "one value v means [-v, v] of x, two the range of x, four those of x and y", "degrees"},
                    {0.0, 0.0}, -kSteepest, kSteepest);
    if (shear.size() == 1) {
        ranges.shear_x = {-std::abs(shear[0]), std::abs(shear[0])};
    } else if (shear.size() == 2 || shear.size() == 4) {
        ranges.shear_x = rising(params, "shear", shear[0], shear[1]);
        ranges.shear_y = shear.size() == 4 ? rising(params, "shear", shear[2], shear[3]) : Range{};
    } else {
        params.fail(fmt::format("shear has {} values, it takes one, two or four", shear.size()));
    }
}

Resampling read_resampling(OpParams& params) {
    const bool nearest =
        params.word({"interpolation", "between pixels"}, "nearest", {"nearest", "bilinear"}) == "nearest";
    return {nearest ? Sampling::nearest : Sampling::bilinear,
            params.levels({"fill", "of what lies outside of the image; one, or one a channel", "levels"}, 0.0)};
}

} // namespace

OperationPtr make_rotation(OpParams& params) {
    const Range degrees = degrees_range(params);
    return std::make_unique<Rotation>(degrees, read_resampling(params));
}

OperationPtr make_affine(OpParams& params) {
    AffineRanges ranges;
    ranges.degrees = degrees_range(params);
    const std::vector<double> translate =
        params.list({"translate", "largest shift, two values", "share of width and height"}, {0.0, 0.0}, 0.0, 1.0);
    if (translate.size() != 2) {
        params.fail(fmt::format("translate has {} values, it takes two: shares of width and height", translate.size()));
    }
    ranges.translate_x = translate[0];
    ranges.translate_y = translate[1];
    ranges.scale = params.range({"scale", "factor of the size"}, {1.0, 1.0}, 0.01, 100.0);
    read_shear(params, ranges);
    return std::make_unique<RandomAffine>(ranges, read_resampling(params));
}

} // namespace tacit::augment
