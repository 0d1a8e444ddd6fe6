// SPDX-License-Identifier: Apache-2.0
#include "eval/report/svg_chart.hpp"

#include "eval/report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tacit::eval::report {

namespace {

constexpr double kWidth = 560;
constexpr double kHeight = 260;
constexpr double kLeft = 52;
constexpr double kRight = 12;
constexpr double kTop = 12;
constexpr double kBottom = 38;
constexpr std::size_t kMostPoints = 240;

struct Extent {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void include(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    void widen() {
        if (!(high > low)) {
            low -= 0.5;
            high += 0.5;
        }
    }
    double share(double value) const { return (value - low) / (high - low); }
};

/// Finite points, neighbours averaged so that at most kMostPoints remain.
Series thinned(const Series& points) {
    Series finite;
    std::copy_if(points.begin(), points.end(), std::back_inserter(finite),
                 [](const auto& point) { return std::isfinite(point.first) && std::isfinite(point.second); });
    const std::size_t group = (finite.size() + kMostPoints - 1) / kMostPoints;
    if (group <= 1) {
        return finite;
    }
    Series thin;
    for (std::size_t begin = 0; begin < finite.size(); begin += group) {
        const std::size_t end = std::min(begin + group, finite.size());
        double x = 0;
        double y = 0;
        for (std::size_t i = begin; i < end; ++i) {
            x += finite[i].first;
            y += finite[i].second;
        }
        const auto count = static_cast<double>(end - begin);
        thin.emplace_back(x / count, y / count);
    }
    return thin;
}

double place_x(const Extent& extent, double x) {
    return kLeft + extent.share(x) * (kWidth - kLeft - kRight);
}
double place_y(const Extent& extent, double y) {
    return kHeight - kBottom - extent.share(y) * (kHeight - kTop - kBottom);
}

std::string axes(const Extent& x, const Extent& y, const std::string& x_label) {
    std::string svg;
    for (const double tick : nice_ticks(y.low, y.high, 5)) {
        const double at = place_y(y, tick);
        svg += fmt::format("<line class='grid' x1='{:.1f}' x2='{:.1f}' y1='{:.1f}' y2='{:.1f}'/>"
                           "<text class='tick' text-anchor='end' x='{:.1f}' y='{:.1f}'>{:g}</text>",
                           kLeft, kWidth - kRight, at, at, kLeft - 7, at + 4, tick);
    }
    for (const double tick : nice_ticks(x.low, x.high, 6)) {
        svg += fmt::format("<text class='tick' text-anchor='middle' x='{:.1f}' y='{:.1f}'>{:g}</text>",
                           place_x(x, tick), kHeight - kBottom + 16, tick);
    }
    svg += fmt::format("<line class='axis' x1='{0:.1f}' x2='{1:.1f}' y1='{2:.1f}' y2='{2:.1f}'/>", kLeft,
                       kWidth - kRight, kHeight - kBottom);
    svg += fmt::format("<text class='tick' text-anchor='middle' x='{:.1f}' y='{:.1f}'>{}</text>",
                       (kLeft + kWidth - kRight) / 2, kHeight - 5, escaped(x_label));
    return svg;
}

} // namespace

std::vector<double> nice_ticks(double low, double high, int about) {
    const double raw = (high - low) / std::max(1, about);
    if (!(raw > 0) || !std::isfinite(raw)) {
        return {};
    }
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    double step = 10 * power;
    for (const double multiple : {1.0, 2.0, 5.0}) {
        if (multiple * power >= raw) {
            step = multiple * power;
            break;
        }
    }
    std::vector<double> ticks;
    const auto first = static_cast<long>(std::ceil(low / step - 1e-9));
    const auto last = static_cast<long>(std::floor(high / step + 1e-9));
    for (long i = first; i <= last; ++i) {
        ticks.push_back(static_cast<double>(i) * step);
    }
    return ticks;
}

std::string line_chart(const std::string& title, const std::string& x_label, const std::vector<Curve>& curves) {
    Extent x;
    Extent y;
    std::vector<Series> lines;
    for (const Curve& curve : curves) {
        lines.push_back(thinned(curve.points));
        for (const auto& [px, py] : lines.back()) {
            x.include(px);
            y.include(py);
        }
    }
    x.widen();
    y.widen();
    std::string svg = fmt::format("<svg class='chart' viewBox='0 0 {} {}' role='img' aria-label='{}'>", kWidth, kHeight,
                                  escaped(title));
    svg += axes(x, y, x_label);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string path;
        for (const auto& [px, py] : lines[i]) {
            path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", place_x(x, px), place_y(y, py));
        }
        svg += fmt::format("<path class='line c{}' d='{}'><title>{}</title></path>", curves[i].colour % kPaletteSize,
                           path, escaped(curves[i].name));
    }
    return svg + "</svg>";
}

std::string scatter_chart(const std::string& title, const FeatureMap& map) {
    constexpr double kSide = 400;
    constexpr double kMargin = 10;
    std::string svg =
        fmt::format("<svg class='map' viewBox='0 0 {0} {0}' role='img' aria-label='{1}'>", kSide, escaped(title));
    for (const MapPoint& point : map.points) {
        const std::string colour =
            point.label < 0 ? "none" : std::to_string(static_cast<std::size_t>(point.label) % kPaletteSize);
        svg += fmt::format("<circle class='dot c{}' cx='{:.1f}' cy='{:.1f}' r='2.6'/>", colour,
                           kMargin + point.x * (kSide - 2 * kMargin), kMargin + (1 - point.y) * (kSide - 2 * kMargin));
    }
    return svg + "</svg>";
}

} // namespace tacit::eval::report
