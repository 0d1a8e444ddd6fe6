// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/report/run_record.hpp"

#include <string>
#include <vector>

namespace tacit::eval::report {

/// Results that may be compared: of one protocol, with the same settings, on the same data.
struct Column {
    std::string identity; ///< identity_of() its results; empty where there are none
    std::string protocol;
    std::string heading;
    ScoreInfo score;  ///< the one that is shown: the protocol's first
    std::string note; ///< data and settings, where another column has the same protocol
};

/// A row of a result, and the result that it is of.
struct Cell {
    const ResultRow* row = nullptr;
    const EvalResult* result = nullptr;
    explicit operator bool() const { return row != nullptr; }
    const Score& score() const { return row->scores.front(); }
    const ScoreInfo& info() const { return result->scores.front(); }
    std::string value() const { return value_text(score().value, info().unit); }
    std::string spread() const { return spread_text(score(), info(), result->test_images); }
    bool better_than(const Cell& other) const;
};

/// A row of the table: what it has in each column.
struct TableRow {
    std::string name;
    std::string note;
    bool baseline = false;
    std::vector<Cell> cells;
};

/// The runs, then the baselines: one row where all runs agree, one a run where they differ (another network).
struct Table {
    std::vector<Column> columns;
    std::vector<TableRow> rows;

    /// The best in a column among runs or among baselines; nullptr where there are none.
    const TableRow* leader(std::size_t column, bool baselines) const;
    /// The best of all where its interval is known and overlaps with no other's; else nullptr.
    const TableRow* best(std::size_t column) const;
    /// Whether every column shows accuracies.
    bool accuracies_only() const;
};

/// Points into `runs`.
Table table_of(const std::vector<RunRecord>& runs);

/// Whether the 95 % interval of both is known.
bool have_intervals(const Cell& one, const Cell& other);
/// Whether the two cannot be told apart: their 95 % intervals overlap, or are not known.
bool overlap(const Cell& one, const Cell& other);

} // namespace tacit::eval::report
