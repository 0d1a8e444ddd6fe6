// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/data/import_summary.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/progress.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {

shards::ImportSummary import_with_progress(const shards::ImportOptions& wanted, const std::string& label) {
    ProgressOptions shown;
    shown.label = label;
    Progress progress(shown);
    shards::ImportSummary summary = shards::import_images(wanted, [&](std::int64_t done, std::int64_t total) {
        progress.set_total(total);
        progress.update(done);
    });
    progress.finish();
    for (const std::string& skipped : summary.skipped) {
        log::warning("left out " + skipped);
    }
    return summary;
}

nlohmann::ordered_json summary_json(const shards::ImportSummary& summary, const std::string& out) {
    nlohmann::ordered_json splits = nlohmann::ordered_json::array();
    for (const shards::SplitSummary& split : summary.splits) {
        splits.push_back({{"name", split.name}, {"images", split.images}, {"shards", split.shards}});
    }
    nlohmann::ordered_json left_out = nlohmann::ordered_json::array();
    for (const shards::LeftOut& one : summary.left_out) {
        left_out.push_back({{"what", one.what}, {"count", one.count}, {"first", one.first}, {"remedy", one.remedy}});
    }
    return {
        {"out", out},
        {"kind", summary.kind},
        {"layout", summary.layout == shards::Layout::raw ? "raw" : "encoded"},
        {"element", shards::element_name(summary.element)},
        {"height", summary.shape.height},
        {"width", summary.shape.width},
        {"channels", summary.shape.channels},
        {"splits", splits},
        {"classes", summary.classes},
        {"mean", summary.mean},
        {"std", summary.std},
        {"value_range", summary.value_range},
        {"resumed", summary.resumed},
        {"skipped", summary.skipped},
        {"left_out", left_out},
        {"notes", summary.notes},
    };
}

void tell_splits(const shards::ImportSummary& summary) {
    for (const shards::SplitSummary& split : summary.splits) {
        log::info(
            fmt::format("{:<8} {} in {}", split.name, counted(split.images, "image"), counted(split.shards, "shard")));
    }
}

void tell_left_out(const shards::ImportSummary& summary) {
    for (const shards::LeftOut& one : summary.left_out) {
        log::info("not used: " + shards::text_of(one));
    }
}

} // namespace tacit::cli
