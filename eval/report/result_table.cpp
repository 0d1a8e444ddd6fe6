// SPDX-License-Identifier: Apache-2.0
#include "eval/report/result_table.hpp"

#include "eval/report/columns.hpp"
#include "eval/report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tacit::eval::report {

namespace {

std::string unfinished(const Cell& cell) {
    return cell.result->step < cell.result->steps ? fmt::format("step {} of {}", cell.result->step, cell.result->steps)
                                                  : "";
}

std::string cell_html(const Cell& cell, bool best) {
    if (!cell) {
        return "<td class='score soft'>&ndash;</td>";
    }
    const std::string number = cell.value();
    std::string beside = escaped(cell.spread());
    if (const std::string step = unfinished(cell); !step.empty()) {
        beside += " at " + step;
    }
    const std::string bar =
        cell.info().unit == Unit::percent
            ? fmt::format("<span class='bar'><i style='width:{:.1f}%'></i></span>", 100 * cell.score().value)
            : "";
    return fmt::format("<td class='score{}'>{}{}{}</td>", best ? " best" : "", best ? "<b>" + number + "</b>" : number,
                       beside.empty() ? "" : "<span class='pm'>" + beside + "</span>", bar);
}

std::string row_name(const TableRow& row) {
    return row.note.empty() || row.note == row.name ? row.name : fmt::format("{} ({})", row.name, row.note);
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
    }
    return text;
}

/// Who is ahead in a column and by how much, as far as the intervals tell.
std::string margin_text(const Table& table, std::size_t column) {
    const TableRow* best = table.leader(column, false);
    if (best == nullptr) {
        return "";
    }
    const Cell& lead = best->cells[column];
    const Unit unit = lead.info().unit;
    std::string text = fmt::format("{} reaches {}{}", best->name, lead.value(), unit == Unit::percent ? " %" : "");
    if (const std::string step = unfinished(lead); !step.empty()) {
        text += " at " + step;
    }
    std::vector<std::string> equals;
    for (const TableRow& row : table.rows) {
        if (&row != best && !row.baseline && row.cells[column] && have_intervals(lead, row.cells[column]) &&
            overlap(lead, row.cells[column])) {
            equals.push_back(row_name(row));
        }
    }
    if (!equals.empty()) {
        text += fmt::format(" ({} {} as good within the intervals)", joined(equals), equals.size() == 1 ? "is" : "are");
    }
    if (const TableRow* rival = table.leader(column, true)) {
        const Cell& base = rival->cells[column];
        const double margin = lead.score().value - base.score().value;
        text += fmt::format(", {}{} {} {}{}", value_text(std::abs(margin), unit),
                            unit == Unit::percent ? " points" : "", margin >= 0 ? "above" : "below", rival->name,
                            !have_intervals(lead, base) ? " (with no interval known)"
                            : overlap(lead, base)       ? " (within the intervals)"
                                                        : "");
    }
    return text;
}

/// Sentences under the table: how to read it, and what weakens it.
std::vector<std::string> footnotes(const Table& table) {
    std::vector<std::string> notes;
    std::vector<std::string> tied;
    std::set<std::string> seen;
    bool intervals = false;
    bool draws = false;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const Column& column = table.columns[c];
        if (!column.note.empty()) {
            notes.push_back(column.heading + ": " + column.note + ".");
        }
        const bool ranked = std::count_if(table.rows.begin(), table.rows.end(),
                                          [&](const TableRow& row) { return bool(row.cells[c]); }) > 1;
        if (ranked && table.best(c) == nullptr) {
            tied.push_back(column.heading);
        }
        for (const TableRow& row : table.rows) {
            const Cell& cell = row.cells[c];
            if (!cell) {
                continue;
            }
            draws = draws || cell.score().draws.size() > 1;
            intervals = intervals || (cell.score().draws.size() == 1 && !cell.spread().empty());
            if (const std::string step = unfinished(cell); !step.empty() && !row.baseline) {
                notes.push_back(fmt::format("{}, {}: judged at {}; training is not finished, or this is an earlier "
                                            "checkpoint.",
                                            row_name(row), column.heading, step));
            }
            for (const std::string& note : cell.result->notes) {
                if (seen.insert(column.heading + note).second) {
                    notes.push_back(column.heading + ": " + note + ".");
                }
            }
        }
    }
    if (intervals) {
        notes.emplace_back("[low, high]: 95 % interval over the test images (Wilson).");
    }
    if (draws) {
        notes.emplace_back("±: standard deviation over independent draws of the labels.");
    }
    if (!tied.empty()) {
        notes.push_back(joined(tied) + ": no best row is marked, since the 95 % interval of the best overlaps with "
                                       "another's or is not known.");
    }
    return notes;
}

} // namespace

std::string result_table(const std::vector<RunRecord>& runs) {
    const Table table = table_of(runs);
    std::string html = "<div class='scroll'><table><thead><tr><th>Encoder</th>";
    for (const Column& column : table.columns) {
        html += "<th>" + escaped(column.heading) + "</th>";
    }
    html += "</tr></thead><tbody>";
    bool in_baselines = false;
    for (const TableRow& row : table.rows) {
        const char* css = !row.baseline ? "" : in_baselines ? " class='base'" : " class='base first-base'";
        in_baselines = in_baselines || row.baseline;
        const std::string note =
            row.note.empty() || row.note == row.name ? "" : " <span class='pm'>" + escaped(row.note) + "</span>";
        html += fmt::format("<tr{}><td>{}{}</td>", css, escaped(row.name), note);
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            html += cell_html(row.cells[c], table.best(c) == &row);
        }
        html += "</tr>";
    }
    html += "</tbody></table></div>";
    for (const std::string& note : footnotes(table)) {
        html += "<p class='note'>" + escaped(note) + "</p>";
    }
    return html;
}

std::string result_lines(const std::vector<RunRecord>& runs) {
    constexpr std::size_t kNarrowest = 22;
    const Table table = table_of(runs);
    std::size_t first = 26;
    for (const TableRow& row : table.rows) {
        first = std::max(first, row_name(row).size());
    }
    std::string text =
        fmt::format("{:<{}}", table.accuracies_only() ? "test accuracy in %" : "on the test split", first);
    for (const Column& column : table.columns) {
        text += fmt::format("  {:>{}}", column.heading, kNarrowest);
    }
    for (const TableRow& row : table.rows) {
        text += fmt::format("\n{:<{}}", row_name(row), first);
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            const Cell& cell = row.cells[c];
            const std::string shown = cell ? cell.value() + cell.spread() : "-";
            text += fmt::format("  {:>{}}", shown, std::max(kNarrowest, table.columns[c].heading.size()));
        }
    }
    for (const std::string& note : footnotes(table)) {
        text += "\n" + note;
    }
    return text;
}

std::string verdict(const std::vector<RunRecord>& runs) {
    const Table table = table_of(runs);
    std::string text;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const std::string margin = margin_text(table, c);
        if (!margin.empty()) {
            text += (text.empty() ? "" : " ") + table.columns[c].heading + ": " + margin + ".";
        }
    }
    return text.empty() ? "No evaluation has been run yet: see “How to reproduce”." : text;
}

} // namespace tacit::eval::report
