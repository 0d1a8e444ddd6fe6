// SPDX-License-Identifier: Apache-2.0
#include "eval/report/columns.hpp"

#include "eval/protocols/protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace tacit::eval::report {

namespace {

/// Names of all baselines that results have: the usual ones first.
std::vector<std::string> baselines_of(const std::vector<RunRecord>& runs) {
    std::vector<std::string> names = {kPixels, kRandom, kScratch};
    for (const RunRecord& run : runs) {
        for (const EvalResult& result : run.results) {
            for (const ResultRow& row : result.rows) {
                if (row.name != kPretrained && std::find(names.begin(), names.end(), row.name) == names.end()) {
                    names.push_back(row.name);
                }
            }
        }
    }
    return names;
}

/// Names of protocols and their headings: those of this Tacit, then what else results are of.
std::vector<std::pair<std::string, std::string>> protocols_of(const std::vector<RunRecord>& runs) {
    std::vector<std::pair<std::string, std::string>> named;
    for (const ProtocolEntry& entry : protocols()) {
        named.emplace_back(entry.name, entry.heading);
    }
    for (const RunRecord& run : runs) {
        for (const EvalResult& result : run.results) {
            if (std::none_of(named.begin(), named.end(),
                             [&](const auto& known) { return known.first == result.protocol; })) {
                named.emplace_back(result.protocol, result.protocol);
            }
        }
    }
    return named;
}

const ResultRow* find_row(const EvalResult& result, const std::string& name) {
    const auto& rows = result.rows;
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const ResultRow& r) { return r.name == name; });
    return row == rows.end() ? nullptr : &*row;
}

bool is_accuracy(const ScoreInfo& score) {
    return score.name == accuracy_info().name && score.unit == Unit::percent;
}

std::string labels_text(const EvalResult& result) {
    for (const ResultRow& row : result.rows) {
        const auto labels = row.details.find("labels");
        if (labels != row.details.end() && std::holds_alternative<double>(labels->second)) {
            return fmt::format(", {:g} labels", std::get<double>(labels->second));
        }
    }
    return "";
}

/// Tells columns of one protocol apart: by a letter, and a note that says what it stands for.
void mark_twins(std::vector<Column>& columns, const std::vector<const EvalResult*>& examples) {
    std::set<std::string> marked;
    for (const Column& column : std::vector<Column>(columns)) {
        const auto same = [&](const Column& other) { return other.protocol == column.protocol; };
        if (std::count_if(columns.begin(), columns.end(), same) < 2 || !marked.insert(column.protocol).second) {
            continue;
        }
        char letter = 'a';
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (same(columns[c])) {
                const EvalResult& example = *examples[c];
                columns[c].heading += fmt::format(" ({})", letter++);
                columns[c].note =
                    fmt::format("on {}{}{}", example.data, example.measure.empty() ? "" : ", ", example.measure);
            }
        }
    }
}

std::vector<Column> columns_of(const std::vector<RunRecord>& runs) {
    std::vector<Column> columns;
    std::vector<const EvalResult*> examples;
    for (const auto& [protocol, heading] : protocols_of(runs)) {
        for (const RunRecord& run : runs) {
            for (const EvalResult& result : run.results) {
                const std::string identity = identity_of(result);
                const bool known = std::any_of(columns.begin(), columns.end(),
                                               [&](const Column& column) { return column.identity == identity; });
                if (result.protocol == protocol && !known) {
                    const ScoreInfo& score = result.scores.front();
                    const std::string what = is_accuracy(score) ? "" : ", " + score.name;
                    columns.push_back({identity, protocol, heading + what + labels_text(result), score, ""});
                    examples.push_back(&result);
                }
            }
        }
    }
    mark_twins(columns, examples);
    return columns;
}

TableRow row_of(const RunRecord& run, const std::vector<Column>& columns, const std::string& name) {
    TableRow row;
    for (const Column& column : columns) {
        Cell cell;
        for (const EvalResult& result : run.results) {
            if (identity_of(result) == column.identity) {
                cell = {find_row(result, name), &result};
            }
        }
        row.cells.push_back(cell);
    }
    return row;
}

bool same_key(const ResultRow& one, const ResultRow& other) {
    const auto key = one.details.find("key");
    const auto others = other.details.find("key");
    return key != one.details.end() && others != other.details.end() && key->second == others->second;
}

/// Whether the rows show one measurement: they share a cell, and are alike in all that they share.
bool same_measurement(const TableRow& one, const TableRow& other) {
    bool shared = false;
    for (std::size_t c = 0; c < one.cells.size(); ++c) {
        if (!one.cells[c] || !other.cells[c]) {
            continue;
        }
        const ResultRow& mine = *one.cells[c].row;
        const ResultRow& others = *other.cells[c].row;
        if (mine.scores.front().draws != others.scores.front().draws && !same_key(mine, others)) {
            return false;
        }
        shared = true;
    }
    return shared;
}

std::vector<TableRow> baseline_rows(const std::vector<RunRecord>& runs, const std::vector<Column>& columns,
                                    const std::string& name) {
    std::vector<TableRow> rows;
    for (const RunRecord& run : runs) {
        TableRow row = row_of(run, columns, name);
        row.name = name;
        row.note = run.name;
        row.baseline = true;
        if (std::none_of(row.cells.begin(), row.cells.end(), [](const Cell& cell) { return bool(cell); })) {
            continue;
        }
        const auto twin =
            std::find_if(rows.begin(), rows.end(), [&](const TableRow& other) { return same_measurement(row, other); });
        if (twin == rows.end()) {
            rows.push_back(std::move(row));
            continue;
        }
        for (std::size_t c = 0; c < row.cells.size(); ++c) {
            twin->cells[c] = twin->cells[c] ? twin->cells[c] : row.cells[c];
        }
    }
    if (rows.size() == 1) {
        rows.front().note.clear();
    }
    return rows;
}

std::optional<Interval> interval(const Cell& cell) {
    return interval_of(cell.score(), cell.info(), cell.result->test_images);
}

} // namespace

bool have_intervals(const Cell& one, const Cell& other) {
    return interval(one) && interval(other);
}

bool overlap(const Cell& one, const Cell& other) {
    const std::optional<Interval> mine = interval(one);
    const std::optional<Interval> others = interval(other);
    return !mine || !others || mine->overlaps(*others);
}

bool Cell::better_than(const Cell& other) const {
    return info().higher_is_better ? score().value > other.score().value : score().value < other.score().value;
}

bool Table::accuracies_only() const {
    return std::all_of(columns.begin(), columns.end(), [](const Column& column) { return is_accuracy(column.score); });
}

const TableRow* Table::leader(std::size_t column, bool baselines) const {
    const TableRow* best = nullptr;
    for (const TableRow& row : rows) {
        if (row.baseline == baselines && row.cells[column] &&
            (best == nullptr || row.cells[column].better_than(best->cells[column]))) {
            best = &row;
        }
    }
    return best;
}

const TableRow* Table::best(std::size_t column) const {
    const TableRow* run = leader(column, false);
    const TableRow* base = leader(column, true);
    const TableRow* first =
        run == nullptr || (base != nullptr && base->cells[column].better_than(run->cells[column])) ? base : run;
    for (const TableRow& row : rows) {
        if (first != nullptr && &row != first && row.cells[column] &&
            overlap(first->cells[column], row.cells[column])) {
            return nullptr;
        }
    }
    return first;
}

Table table_of(const std::vector<RunRecord>& runs) {
    Table table{columns_of(runs), {}};
    for (const RunRecord& run : runs) {
        TableRow row = row_of(run, table.columns, kPretrained);
        row.name = run.pretext.empty() ? run.name : run.pretext;
        row.note = run.name;
        table.rows.push_back(std::move(row));
    }
    for (const std::string& name : baselines_of(runs)) {
        const std::vector<TableRow> more = baseline_rows(runs, table.columns, name);
        table.rows.insert(table.rows.end(), more.begin(), more.end());
    }
    return table;
}

} // namespace tacit::eval::report
