// SPDX-License-Identifier: Apache-2.0
#include "eval/results.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

void runs_options(OptionTable& table) {
    table.add_options()("folder", po::value<std::string>()->value_name("FOLDER")->default_value("runs"),
                        "folder whose runs are listed");
    add_json_option(table);
}

/// The last whole line of metrics.jsonl: null when there is none yet.
Json last_metrics(const fs::path& run) {
    const fs::path path = run / "metrics.jsonl";
    if (!fs::exists(path))
        return nullptr;
    const std::string text = read_file(path.string());
    const std::size_t end = text.rfind('\n');
    if (end == std::string::npos)
        return nullptr;
    const std::size_t begin = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
    const std::size_t first = begin == std::string::npos ? 0 : begin + 1;
    return Json::parse(text.substr(first, end - first), nullptr, false);
}

/// Accuracy of the row "pretrained", or null.
Json accuracy(const fs::path& run, const std::string& protocol) {
    const fs::path path = run / "eval" / (protocol + ".json");
    if (!fs::exists(path))
        return nullptr;
    const eval::EvalResult result = eval::result_from_json(read_file(path.string()), path.string());
    for (const eval::ResultRow& row : result.rows)
        if (row.name == "pretrained")
            return row.accuracy;
    return nullptr;
}

Json describe(const fs::path& run) {
    const Json metrics = last_metrics(run);
    const auto metric = [&](const char* name) {
        return metrics.is_object() && metrics.contains(name) ? metrics[name] : Json(nullptr);
    };
    return {{"run", run.string()},
            {"step", metric("step")},
            {"epoch", metric("epoch")},
            {"loss", metric("loss")},
            {"linear", accuracy(run, "linear")},
            {"knn", accuracy(run, "knn")},
            {"finetune", accuracy(run, "finetune")}};
}

/// Run folders at `folder` and below it, two levels deep, by name.
std::vector<fs::path> run_folders(const fs::path& folder) {
    std::vector<fs::path> found;
    const auto is_run = [](const fs::path& path) { return fs::exists(path / "config.yaml"); };
    if (is_run(folder))
        found.push_back(folder);
    auto walk = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied);
    for (const fs::directory_entry& entry : walk) {
        if (!entry.is_directory())
            continue;
        const bool run = is_run(entry.path());
        if (run)
            found.push_back(entry.path());
        if (run || walk.depth() >= 1)
            walk.disable_recursion_pending();
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string cell(const Json& value, const char* format, double scale = 1) {
    return value.is_number() ? fmt::format(fmt::runtime(format), value.get<double>() * scale) : "-";
}

ExitCode run_runs(const Call& call) {
    const std::string folder = call.text("folder");
    if (!fs::is_directory(folder))
        throw ConfigError("'" + folder + "' is no folder; name the one that holds your runs");
    Json all = Json::array();
    for (const fs::path& path : run_folders(folder))
        all.push_back(describe(path));
    if (call.json()) {
        call.answer(json_text(all, 2));
        return ExitCode::done;
    }
    std::string text =
        fmt::format("{:<36} {:>8} {:>9} {:>8} {:>8} {:>8}\n", "run", "step", "loss", "linear", "knn", "finetune");
    for (const Json& item : all)
        text +=
            fmt::format("{:<36} {:>8} {:>9} {:>8} {:>8} {:>8}\n", item["run"].get<std::string>(),
                        cell(item["step"], "{:.0f}"), cell(item["loss"], "{:.4f}"), cell(item["linear"], "{:.2f}", 100),
                        cell(item["knn"], "{:.2f}", 100), cell(item["finetune"], "{:.2f}", 100));
    call.answer(all.empty() ? "no runs in '" + folder + "'" : text);
    return ExitCode::done;
}

} // namespace

Command runs_command() {
    return {"runs",
            "[FOLDER] [options]",
            "list runs: steps, loss, accuracies in percent",
            "",
            Ranks::one,
            {{"folder", 1}},
            runs_options,
            run_runs};
}

} // namespace tacit::cli
