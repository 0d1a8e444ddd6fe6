// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/help/metric_pages.hpp"

#include "eval/protocols/protocol.hpp"
#include "models/pretext/pretext.hpp"
#include "pipeline/train/step/step_metrics.hpp"

#include <fmt/format.h>

#include <span>

namespace tacit::cli {
namespace {

using models::Metric;

/// A heading and the metrics below it.
struct Group {
    std::string heading;
    std::span<const Metric> metrics;
};

std::vector<Group> groups() {
    std::vector<Group> all = {{"every pretext", train::trainer_metrics()}};
    for (const models::PretextEntry& entry : models::pretexts()) {
        if (!entry.metrics.empty()) {
            all.push_back({entry.name, entry.metrics});
        }
    }
    return all;
}

std::string unit_of(const eval::ScoreInfo& score) {
    return score.unit == eval::Unit::percent ? "%" : "";
}

const char* direction_of(const eval::ScoreInfo& score) {
    return score.higher_is_better ? "higher is better" : "lower is better";
}

} // namespace

std::string metrics_help() {
    std::string text = "What metrics.jsonl, TensorBoard and the report show of training:\n";
    for (const Group& group : groups()) {
        text += "\n" + group.heading + "\n";
        for (const Metric& metric : group.metrics) {
            text += fmt::format("  {}{}{}\n      {}\n      healthy: {}\n", metric.name, metric.unit.empty() ? "" : "; ",
                                metric.unit, metric.meaning, metric.healthy);
        }
    }
    text += "\nScores of judging:\n";
    for (const eval::ProtocolEntry& entry : eval::protocols()) {
        for (const eval::ScoreInfo& score : entry.scores) {
            text += fmt::format("  {}: {}, {}{}\n", entry.name, score.name, unit_of(score).empty() ? "" : "%, ",
                                direction_of(score));
        }
        text += fmt::format("      {}\n", entry.explanation);
    }
    return text;
}

std::string metrics_page() {
    std::string text =
        "# Metrics\n\nWhat `metrics.jsonl`, TensorBoard and the report show of training, and the scores of "
        "judging, as those who make them describe\nthem: `tacit help metrics` says the same. This page is "
        "made by `tacit help metrics --markdown`; a test holds it to that.\n";
    for (const Group& group : groups()) {
        text += fmt::format("\n## {}\n\n| metric | meaning | unit | healthy |\n|---|---|---|---|\n", group.heading);
        for (const Metric& metric : group.metrics) {
            text += fmt::format("| `{}` | {} | {} | {} |\n", metric.name, metric.meaning, metric.unit, metric.healthy);
        }
    }
    text += "\n## Scores of judging\n\n| protocol | score | unit | | measured by |\n|---|---|---|---|---|\n";
    for (const eval::ProtocolEntry& entry : eval::protocols()) {
        for (const eval::ScoreInfo& score : entry.scores) {
            text += fmt::format("| `{}` | {} | {} | {} | {} |\n", entry.name, score.name, unit_of(score),
                                direction_of(score), entry.explanation);
        }
    }
    return text;
}

} // namespace tacit::cli
