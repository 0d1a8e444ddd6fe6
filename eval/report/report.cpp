// SPDX-License-Identifier: Apache-2.0
#include "eval/report/report.hpp"

#include "eval/report/columns.hpp"
#include "eval/report/html.hpp"
#include "eval/report/result_table.hpp"
#include "eval/report/run_record.hpp"
#include "eval/report/sections.hpp"
#include "eval/report/style.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

namespace tacit::eval {

namespace {

using report::RunRecord;

std::string page_title(const std::vector<RunRecord>& runs) {
    if (runs.size() == 1) {
        return runs.front().title.empty() ? runs.front().name : runs.front().title;
    }
    return fmt::format("{} encoders compared", runs.size());
}

/// "Fashion-MNIST · step-00004680 …": what the numbers are about.
std::string subtitle(const std::vector<RunRecord>& runs) {
    std::set<std::string> all;
    for (const RunRecord& run : runs) {
        for (const EvalResult& result : run.results) {
            all.insert(result.data);
        }
    }
    const std::string data = fmt::format("{}", fmt::join(all, ", "));
    std::string text = "Representations learned without labels";
    text += data.empty() ? "" : ", judged on " + data;
    return text + (report::table_of(runs).accuracies_only() ? ". Test accuracy in per cent." : ".");
}

std::string page(const std::vector<RunRecord>& runs, const std::string& out) {
    const std::string title = report::escaped(page_title(runs));
    std::string html = "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
                       "<meta name='viewport' content='width=device-width,initial-scale=1'>"
                       "<meta name='color-scheme' content='light dark'><title>" +
                       title + " · Tacit</title><style>" + report::kStyle + "</style></head><body><main>\n";
    html += "<h1>" + title + "</h1><p class='soft'>" + report::escaped(subtitle(runs)) + "</p>";
    html += "<p class='verdict'>" + report::escaped(report::verdict(runs)) + "</p>\n";
    html += "<section><h2>Results</h2>" + report::result_table(runs) + "</section>\n";
    html += report::curves_section(runs);
    html += report::maps_section(runs);
    html += report::neighbours_section(runs);
    html += report::pictures_section(runs);
    html += report::protocol_section(runs);
    html += report::settings_section(runs);
    html += report::reproduce_section(runs, out);
    return html + "<footer>Written by Tacit. This page is one file and loads nothing.</footer></main></body></html>\n";
}

} // namespace

std::vector<std::string> distinct_runs(const std::vector<std::string>& run_folders) {
    std::vector<std::string> distinct;
    std::map<std::string, std::string> spelling; // by the folder's one true path
    for (const std::string& folder : run_folders) {
        std::error_code failed;
        const std::string path = std::filesystem::weakly_canonical(folder, failed).string();
        const auto [first, added] = spelling.emplace(failed || path.empty() ? folder : path, folder);
        if (added) {
            distinct.push_back(folder);
        } else {
            log::warning(fmt::format("{} is the same run as {}, which is given before: it is counted once", folder,
                                     first->second));
        }
    }
    return distinct;
}

std::string write_report(const std::vector<std::string>& run_folders, const std::string& out) {
    if (run_folders.empty()) {
        throw ConfigError("tacit report: give at least one run folder");
    }
    std::vector<RunRecord> runs;
    std::transform(run_folders.begin(), run_folders.end(), std::back_inserter(runs), report::read_run);
    write_file_atomically(out, page(runs, out));
    return report::result_lines(runs);
}

} // namespace tacit::eval
