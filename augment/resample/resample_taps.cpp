// SPDX-License-Identifier: Apache-2.0
#include "augment/resample/resample_taps.hpp"

#include <algorithm>
#include <cmath>

namespace tacit::augment {
namespace {

/// Pillow's rounding of positions: halves up, negative results to be clipped to 0.
int rounded(double value) {
    const double shifted = value + 0.5;
    return static_cast<int>(shifted);
}

double triangle(double x) {
    return std::max(0.0, 1.0 - std::abs(x));
}

/// Keys 1981, equation 4, with a = -0.5.
double cubic(double x) {
    constexpr double kA = -0.5;
    const double d = std::abs(x);
    if (d < 1.0) {
        return ((kA + 2.0) * d - (kA + 3.0)) * d * d + 1.0;
    }
    return d < 2.0 ? (((d - 5.0) * d + 8.0) * d - 4.0) * kA : 0.0;
}

} // namespace

void ResampleTaps::build(const ResampleAxis& axis) {
    if (axis_ == axis) {
        return;
    }
    axis_ = axis;
    const double scale = static_cast<double>(axis.in) / axis.out;
    const double radius = axis.interpolation == Interpolation::bicubic ? 2.0 : 1.0;
    find_taps(scale, radius * std::max(scale, 1.0));
    fill_weights(scale);
}

void ResampleTaps::find_taps(double scale, double support) {
    first_.resize(static_cast<std::size_t>(axis_.out));
    count_.resize(static_cast<std::size_t>(axis_.out));
    most_ = 0;
    for (int i = 0; i < axis_.out; ++i) {
        const double centre = scale * (i + 0.5);
        const int first = std::max(rounded(centre - support), 0);
        const int last = std::min(rounded(centre + support), axis_.in);
        const auto place = static_cast<std::size_t>(axis_.mirrored ? axis_.out - 1 - i : i);
        first_[place] = first;
        count_[place] = last - first;
        most_ = std::max(most_, last - first);
    }
    most_ += most_ % 2;
}

void ResampleTaps::fill_weights(double scale) {
    weights_.assign(static_cast<std::size_t>(axis_.out) * static_cast<std::size_t>(most_), 0.0);
    const auto filter = axis_.interpolation == Interpolation::bicubic ? cubic : triangle;
    const double inverse = scale >= 1.0 ? 1.0 / scale : 1.0;
    for (int i = 0; i < axis_.out; ++i) {
        const int place = axis_.mirrored ? axis_.out - 1 - i : i;
        double* row = &weights_[static_cast<std::size_t>(place) * static_cast<std::size_t>(most_)];
        const double centre = scale * (i + 0.5);
        double total = 0.0;
        for (int t = 0; t < count(place); ++t) {
            row[t] = filter((t + first(place) - centre + 0.5) * inverse);
            total += row[t];
        }
        for (int t = 0; t < count(place) && total != 0.0; ++t) {
            row[t] /= total;
        }
    }
}

} // namespace tacit::augment
