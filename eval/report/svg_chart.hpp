// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/report/run_record.hpp"

#include <string>
#include <vector>

namespace tacit::eval::report {

/// One line of a chart.
struct Curve {
    std::string name;
    Series points;
    std::size_t colour = 0; ///< index into the palette: CSS class c0, c1, …
};

/// Number of colours in the palette; further indices wrap round.
inline constexpr std::size_t kPaletteSize = 10;

/// A line chart with axes, as an <svg> element whose colours come from the page's style. Points that are not finite
/// are left out; long curves are averaged down to some 240 points.
std::string line_chart(const std::string& title, const std::string& x_label, const std::vector<Curve>& curves);

/// A square scatter plot of the map, coloured by class.
std::string scatter_chart(const std::string& title, const FeatureMap& map);

/// Tick positions that a person would choose: multiples of 1, 2 or 5 times a power of ten within [low, high].
std::vector<double> nice_ticks(double low, double high, int about);

} // namespace tacit::eval::report
