// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/crop_box.hpp"

#include <algorithm>
#include <cmath>

namespace tacit::augment {
namespace {

constexpr int kAttempts = 10;

// Python's round(): halves go to the even neighbour.
double rounded(double value) {
    return std::nearbyint(value);
}

Box central_fallback(ImageShape shape, const Range& ratio) {
    int height = shape.height;
    int width = shape.width;
    const double own_ratio = static_cast<double>(width) / height;
    if (own_ratio < ratio.low) {
        height = std::clamp(static_cast<int>(rounded(width / ratio.low)), 1, height);
    } else if (own_ratio > ratio.high) {
        width = std::clamp(static_cast<int>(rounded(height * ratio.high)), 1, width);
    }
    return {(shape.height - height) / 2, (shape.width - width) / 2, height, width};
}

} // namespace

Box random_crop_box(ImageShape shape, const CropRange& range, Draws& draws) {
    const double area = static_cast<double>(shape.height) * shape.width;
    const double low = std::log(range.ratio.low);
    const double high = std::log(range.ratio.high);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const double target = area * draws.uniform(range.scale.low, range.scale.high);
        const double ratio = std::exp(draws.uniform(low, high));
        const double width = rounded(std::sqrt(target * ratio));
        const double height = rounded(std::sqrt(target / ratio));
        if (width >= 1 && width <= shape.width && height >= 1 && height <= shape.height) {
            Box box{0, 0, static_cast<int>(height), static_cast<int>(width)};
            box.top = draws.below(shape.height - box.height + 1);
            box.left = draws.below(shape.width - box.width + 1);
            return box;
        }
    }
    return central_fallback(shape, range.ratio);
}

} // namespace tacit::augment
