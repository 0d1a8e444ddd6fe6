// SPDX-License-Identifier: Apache-2.0
#include "eval/results/results.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::eval {

std::string details_text(const ResultRow& row) {
    std::string text;
    for (const auto& [key, value] : row.details) {
        if (key != "key") {
            text += (text.empty() ? "" : ", ") + key + " " + detail_text(value);
        }
    }
    return text;
}

std::string detail_text(const Detail& detail) {
    if (const double* number = std::get_if<double>(&detail)) {
        return fmt::format("{:.4g}", *number);
    }
    return std::get<std::string>(detail);
}

std::string unfinished_text(const EvalResult& result) {
    return result.step < result.steps ? fmt::format("judged at step {} of {}", result.step, result.steps) : "";
}

std::string value_text(double value, Unit unit) {
    return unit == Unit::percent ? fmt::format("{:.2f}", 100 * value) : fmt::format("{:.4g}", value);
}

std::string spread_text(const Score& score, const ScoreInfo& info, std::int64_t test_images) {
    if (score.draws.size() > 1) {
        return fmt::format(" ± {} ({} draws)", value_text(score.std, info.unit), score.draws.size());
    }
    const std::optional<Interval> interval = interval_of(score, info, test_images);
    return interval ? fmt::format(" [{:.1f}, {:.1f}]", 100 * interval->low, 100 * interval->high) : "";
}

std::string scores_text(const ResultRow& row, const EvalResult& result) {
    std::string text;
    for (std::size_t i = 0; i < result.scores.size(); ++i) {
        const ScoreInfo& info = result.scores[i];
        text += fmt::format("{}{:>6}{}{}{}", i == 0 ? "" : "  ", value_text(row.scores[i].value, info.unit),
                            info.unit == Unit::percent ? " %" : "",
                            info.name == accuracy_info().name ? "" : " " + info.name,
                            spread_text(row.scores[i], info, result.test_images));
    }
    return text;
}

std::string as_table(const EvalResult& result) {
    std::size_t width = 0;
    for (const ResultRow& row : result.rows) {
        width = std::max(width, row.name.size());
    }
    const std::string unfinished = unfinished_text(result);
    std::string table =
        fmt::format("{} on {}: {} ({}, {}{}{}), {:.1f} s\n", result.protocol, result.data, result.run, result.pretext,
                    result.checkpoint, unfinished.empty() ? "" : ", ", unfinished, result.seconds);
    for (const ResultRow& row : result.rows) {
        table += fmt::format("  {:<{}}", row.name, width);
        table += "  " + scores_text(row, result);
        table += fmt::format("  {}\n", details_text(row));
    }
    return table;
}

} // namespace tacit::eval
