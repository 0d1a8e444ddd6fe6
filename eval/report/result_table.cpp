// SPDX-License-Identifier: Apache-2.0
#include "eval/report/result_table.hpp"

#include "eval/report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tacit::eval::report {

namespace {

struct Column {
    const char* protocol;
    const char* heading;
};
constexpr std::array<Column, 3> kColumns{{{"linear", "Linear probe"}, {"knn", "kNN"}, {"finetune", "Fine-tune"}}};
constexpr std::array<const char*, 3> kBaselines{"raw pixels", "random encoder", "supervised from scratch"};

/// A row of the table: its result in each column where it has one.
struct TableRow {
    std::string name;
    std::string note;
    bool baseline = false;
    std::array<const ResultRow*, kColumns.size()> cells{};
};

const ResultRow* find_row(const RunRecord& run, const char* protocol, const std::string& name) {
    const auto result = run.results.find(protocol);
    if (result == run.results.end()) {
        return nullptr;
    }
    const auto& rows = result->second.rows;
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const ResultRow& r) { return r.name == name; });
    return row == rows.end() ? nullptr : &*row;
}

/// Whether a row comes from the same measurement as another (or none can be told apart).
bool same_measurement(const ResultRow& a, const ResultRow& b) {
    return a.draws == b.draws;
}

TableRow run_row(const RunRecord& run) {
    TableRow row;
    row.name = run.pretext.empty() ? run.name : run.pretext;
    row.note = run.name;
    for (std::size_t c = 0; c < kColumns.size(); ++c) {
        row.cells[c] = find_row(run, kColumns[c].protocol, "pretrained");
    }
    return row;
}

bool any(const TableRow& row) {
    return std::any_of(row.cells.begin(), row.cells.end(), [](const ResultRow* cell) { return cell != nullptr; });
}

/// The baseline rows: one where all runs agree, one a run where they differ (other data or network).
std::vector<TableRow> baseline_rows(const std::vector<RunRecord>& runs, const char* name) {
    std::vector<TableRow> rows;
    for (const RunRecord& run : runs) {
        TableRow row{name, run.name, true, {}};
        for (std::size_t c = 0; c < kColumns.size(); ++c) {
            row.cells[c] = find_row(run, kColumns[c].protocol, name);
        }
        if (!any(row)) {
            continue;
        }
        const auto twin = std::find_if(rows.begin(), rows.end(), [&](const TableRow& other) {
            for (std::size_t c = 0; c < kColumns.size(); ++c) {
                if (row.cells[c] != nullptr && other.cells[c] != nullptr &&
                    !same_measurement(*row.cells[c], *other.cells[c])) {
                    return false;
                }
            }
            return true;
        });
        if (twin == rows.end()) {
            rows.push_back(row);
            continue;
        }
        for (std::size_t c = 0; c < kColumns.size(); ++c) {
            twin->cells[c] = twin->cells[c] == nullptr ? row.cells[c] : twin->cells[c];
        }
    }
    if (rows.size() == 1) {
        rows.front().note.clear();
    }
    return rows;
}

std::vector<TableRow> table_rows(const std::vector<RunRecord>& runs) {
    std::vector<TableRow> rows;
    std::transform(runs.begin(), runs.end(), std::back_inserter(rows), run_row);
    for (const char* name : kBaselines) {
        const std::vector<TableRow> more = baseline_rows(runs, name);
        rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
}

const TableRow* best_of(const std::vector<TableRow>& rows, std::size_t column, bool baselines) {
    const TableRow* best = nullptr;
    for (const TableRow& row : rows) {
        if (row.baseline == baselines && row.cells[column] != nullptr &&
            (best == nullptr || row.cells[column]->accuracy > best->cells[column]->accuracy)) {
            best = &row;
        }
    }
    return best;
}

double best_accuracy(const std::vector<TableRow>& rows, std::size_t column) {
    double best = -1;
    for (const bool baselines : {false, true}) {
        const TableRow* row = best_of(rows, column, baselines);
        best = row == nullptr ? best : std::max(best, row->cells[column]->accuracy);
    }
    return best;
}

std::string cell_html(const ResultRow* cell, double best) {
    if (cell == nullptr) {
        return "<td class='score soft'>&ndash;</td>";
    }
    const std::string number = fmt::format("{:.2f}", 100 * cell->accuracy);
    const std::string spread =
        cell->draws.size() > 1 ? fmt::format(" <span class='pm'>&plusmn; {:.2f}</span>", 100 * cell->std) : "";
    const bool wins = cell->accuracy >= best;
    return fmt::format("<td class='score{}'>{}{}<span class='bar'><i style='width:{:.1f}%'></i></span></td>",
                       wins ? " best" : "", wins ? "<b>" + number + "</b>" : number, spread, 100 * cell->accuracy);
}

std::string heading(const std::vector<RunRecord>& runs, const Column& column) {
    if (std::string(column.protocol) != "finetune") {
        return column.heading;
    }
    for (const RunRecord& run : runs) {
        if (const ResultRow* row = find_row(run, "finetune", "pretrained")) {
            const auto labels = row->details.find("labels");
            if (labels != row->details.end() && std::holds_alternative<double>(labels->second)) {
                return fmt::format("Fine-tune, {:g} labels", std::get<double>(labels->second));
            }
        }
    }
    return column.heading;
}

std::string margin_text(const std::vector<TableRow>& rows, std::size_t column) {
    const TableRow* best = best_of(rows, column, false);
    if (best == nullptr) {
        return "";
    }
    const double accuracy = 100 * best->cells[column]->accuracy;
    std::string text = fmt::format("{} reaches {:.2f} %", best->name, accuracy);
    const TableRow* rival = best_of(rows, column, true);
    if (rival != nullptr) {
        const double margin = accuracy - 100 * rival->cells[column]->accuracy;
        text += fmt::format(", {:.2f} points {} {}", std::abs(margin), margin >= 0 ? "above" : "below", rival->name);
    }
    return text;
}

} // namespace

std::string result_table(const std::vector<RunRecord>& runs) {
    const std::vector<TableRow> rows = table_rows(runs);
    std::string html = "<div class='scroll'><table><thead><tr><th>Encoder</th>";
    for (const Column& column : kColumns) {
        html += "<th>" + escaped(heading(runs, column)) + "</th>";
    }
    html += "</tr></thead><tbody>";
    bool in_baselines = false;
    for (const TableRow& row : rows) {
        const char* css = !row.baseline ? "" : in_baselines ? " class='base'" : " class='base first-base'";
        in_baselines = in_baselines || row.baseline;
        const std::string note =
            row.note.empty() || row.note == row.name ? "" : " <span class='pm'>" + escaped(row.note) + "</span>";
        html += fmt::format("<tr{}><td>{}{}</td>", css, escaped(row.name), note);
        for (std::size_t c = 0; c < kColumns.size(); ++c) {
            html += cell_html(row.cells[c], best_accuracy(rows, c));
        }
        html += "</tr>";
    }
    return html + "</tbody></table></div>";
}

std::string result_lines(const std::vector<RunRecord>& runs) {
    const std::vector<TableRow> rows = table_rows(runs);
    std::string text = fmt::format("{:<26}", "test accuracy in %");
    for (const Column& column : kColumns) {
        text += fmt::format("  {:>22}", heading(runs, column));
    }
    for (const TableRow& row : rows) {
        const bool noted = !row.note.empty() && row.note != row.name;
        text += fmt::format("\n{:<26}", noted ? fmt::format("{} ({})", row.name, row.note) : row.name);
        for (const ResultRow* cell : row.cells) {
            text += fmt::format(
                "  {:>22}", cell == nullptr ? "-" : fmt::format("{:.2f}{}", 100 * cell->accuracy, spread_text(*cell)));
        }
    }
    return text;
}

std::string verdict(const std::vector<RunRecord>& runs) {
    const std::vector<TableRow> rows = table_rows(runs);
    std::string text;
    for (std::size_t c = 0; c < kColumns.size(); ++c) {
        const std::string margin = margin_text(rows, c);
        if (!margin.empty()) {
            text += (text.empty() ? "" : " ") + heading(runs, kColumns[c]) + ": " + margin + ".";
        }
    }
    return text.empty() ? "No evaluation has been run yet: see “How to reproduce”." : text;
}

} // namespace tacit::eval::report
