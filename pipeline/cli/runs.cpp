// SPDX-License-Identifier: Apache-2.0
#include "eval/report/columns.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/train/run/run_paths.hpp"
#include "pipeline/train/state/checkpoint.hpp"

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using eval::report::RunRecord;
using eval::report::Table;

void runs_options(OptionTable& table) {
    table.add_options()("folder", po::value<std::string>()->value_name("FOLDER")->default_value("runs"),
                        "folder whose runs are listed");
    add_json_option(table);
}

/// Run folders at `folder` and below it, two levels deep, by name.
std::vector<fs::path> run_folders(const fs::path& folder) {
    std::vector<fs::path> found;
    const auto is_run = [](const fs::path& path) { return fs::exists(train::RunPaths(path).config()); };
    if (is_run(folder)) {
        found.push_back(folder);
    }
    auto walk = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied);
    for (const fs::directory_entry& entry : walk) {
        if (!entry.is_directory()) {
            continue;
        }
        const bool run = is_run(entry.path());
        if (run) {
            found.push_back(entry.path());
        }
        if (run || walk.depth() >= 1) {
            walk.disable_recursion_pending();
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// What can be read of them; one that is damaged hides no other.
std::vector<RunRecord> read_runs(const std::string& folder) {
    std::vector<RunRecord> runs;
    for (const fs::path& path : run_folders(folder)) {
        try {
            runs.push_back(eval::report::read_results(path.string()));
        } catch (const Error& error) {
            log::warning(fmt::format("{} is not listed: {}", path.string(), error.what()));
        }
    }
    return runs;
}

/// Of the last line of metrics.jsonl that tells it.
std::optional<double> last(const RunRecord& run, const char* metric) {
    const auto series = run.metrics.find(metric);
    return series == run.metrics.end() || series->second.empty() ? std::nullopt
                                                                 : std::optional(series->second.back().second);
}

/// The last step that the newest checkpoint or a line of metrics is of: not every step is logged.
std::optional<std::int64_t> newest_step(const RunRecord& run) {
    const std::optional<double> logged = last(run, "step");
    std::optional<std::int64_t> step = logged ? std::optional(static_cast<std::int64_t>(*logged)) : std::nullopt;
    const std::vector<std::string> checkpoints = train::list_checkpoints(train::RunPaths(run.folder).checkpoints());
    if (!checkpoints.empty()) {
        const std::string& newest = checkpoints.front();
        step = std::max(step.value_or(0), std::int64_t{std::atoll(newest.c_str() + newest.find('-') + 1)});
    }
    return step;
}

/// Each score by its name.
Json scores_json(const eval::ResultRow& row, const eval::EvalResult& result) {
    Json scores = Json::object();
    for (std::size_t i = 0; i < result.scores.size(); ++i) {
        scores[result.scores[i].name] = {{"value", json_number<Json>(row.scores[i].value)},
                                         {"std", json_number<Json>(row.scores[i].std)}};
    }
    return scores;
}

Json json_of(const std::vector<RunRecord>& runs, const Table& table) {
    const auto number = [](std::optional<double> value) { return value ? Json(*value) : Json(nullptr); };
    Json all = Json::array();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        Json results = Json::array();
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            if (const eval::report::Cell& cell = table.rows[i].cells[c]) {
                results.push_back({{"column", table.columns[c].heading},
                                   {"protocol", table.columns[c].protocol},
                                   {"scores", scores_json(*cell.row, *cell.result)},
                                   {"data", cell.result->data},
                                   {"measure", cell.result->measure},
                                   {"checkpoint", cell.result->checkpoint},
                                   {"steps", cell.result->steps}});
            }
        }
        const auto step = newest_step(runs[i]);
        all.push_back({{"run", runs[i].folder},
                       {"step", step ? Json(*step) : Json(nullptr)},
                       {"epoch", number(last(runs[i], "epoch"))},
                       {"loss", number(last(runs[i], "loss"))},
                       {"results", results}});
    }
    return all;
}

std::string text_of(const std::vector<RunRecord>& runs, const Table& table) {
    const auto shown = [](std::optional<double> value, const char* format) {
        return value ? fmt::format(fmt::runtime(format), *value) : "-";
    };
    std::string text = fmt::format("{:<36} {:>8} {:>9}", "run", "step", "loss");
    std::string notes;
    for (const eval::report::Column& column : table.columns) {
        text += fmt::format("  {:>8}", column.heading);
        if (!column.note.empty()) {
            notes += column.heading + ": " + column.note + "\n";
        }
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const RunRecord& run = runs[i];
        const auto step = newest_step(run);
        text += fmt::format("\n{:<36} {:>8} {:>9}", run.folder, step ? std::to_string(*step) : "-",
                            shown(last(run, "loss"), "{:.4f}"));
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            const eval::report::Column& column = table.columns[c];
            const eval::report::Cell& cell = table.rows[i].cells[c];
            const std::string early = cell ? unfinished_text(*cell.result) : "";
            text += fmt::format("  {:>{}}", (cell ? cell.value() : "-") + (early.empty() ? "" : "*"),
                                std::max<std::size_t>(8, column.heading.size()));
            if (!early.empty()) {
                notes += fmt::format("* {}, {}: {}\n", run.folder, column.heading, early);
            }
        }
    }
    return text + "\n" + notes;
}

ExitCode run_runs(const Call& call) {
    const std::string folder = call.text("folder");
    if (!fs::is_directory(folder)) {
        throw ConfigError("'" + folder + "' is no folder; name the one that holds your runs");
    }
    const std::vector<RunRecord> runs = read_runs(folder);
    const Table table = eval::report::table_of(runs);
    if (call.json()) {
        call.answer(json_text(json_of(runs, table), 2));
    } else {
        call.answer(runs.empty() ? "no runs in '" + folder + "'" : text_of(runs, table));
    }
    return ExitCode::done;
}

} // namespace

Command runs_command() {
    return {"runs",
            "[FOLDER] [options]",
            "list runs: steps, loss, results (accuracies in per cent)",
            "Results of other data, settings or numbers of labels have columns of their own, as in tacit report.",
            Ranks::one,
            {{"folder", 1}},
            runs_options,
            run_runs};
}

} // namespace tacit::cli
