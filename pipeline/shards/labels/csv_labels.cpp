// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/shards/labels/labels.hpp"
#include "pipeline/shards/labels/row_search.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

/// "3" -> 2: columns are counted from 1.
std::optional<std::size_t> numbered_column(const std::string& column, std::size_t columns) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(column.data(), column.data() + column.size(), number);
    const bool fits = error == std::errc() && end == column.data() + column.size() && number >= 1 && number <= columns;
    return fits ? std::optional(number - 1) : std::nullopt;
}

} // namespace

std::optional<std::pair<std::string, std::string>> table_and_column(const std::string& text) {
    for (const char* end : {".csv:", ".tsv:", ".txt:"}) {
        if (const std::size_t at = lower_case(text).find(end); at != std::string::npos) {
            return std::pair{text.substr(0, at + 4), text.substr(at + 5)};
        }
    }
    return std::nullopt;
}

std::string existing_file(const std::string& path, const std::string& folder) {
    const std::string beside = (fs::path(folder) / path).string();
    std::error_code error; // such as of pipes, which are the same as none
    const bool here = fs::exists(path, error);
    const bool there = fs::exists(beside, error);
    const std::string cwd = fs::current_path().string();
    const std::string place = folder.empty() ? cwd : fs::absolute(folder).lexically_normal().string();
    if (!here && !there) {
        throw IoError(fmt::format("{}: no such file in {}{}; labels are TABLE:COLUMN, FILE:DATASET of HDF5, or none",
                                  path, cwd, place == cwd ? "" : " or in " + place));
    }
    if (here && there && !fs::equivalent(path, beside, error) && !error) {
        throw ConfigError(fmt::format("labels: {} is in {} and in {}; give the whole path of the one that is meant",
                                      path, cwd, place));
    }
    return here ? path : beside;
}

TableColumn find_column(const std::string& path, const std::vector<CsvRow>& rows, const std::string& column) {
    const std::vector<std::string>& header = rows[0].cells;
    const auto place = std::find(header.begin(), header.end(), column);
    if (place != header.end()) {
        return {static_cast<std::size_t>(place - header.begin()), 1, TableColumn::kOpen};
    }
    if (const auto number = numbered_column(column, header.size())) {
        return {*number, 0, TableColumn::kOpen};
    }
    if (const std::size_t colon = column.rfind(':'); colon != std::string::npos) {
        TableColumn found = find_column(path, rows, column.substr(0, colon));
        const TableColumn names = find_column(path, rows, column.substr(colon + 1));
        found.names = names.column;
        found.first_row = std::max(found.first_row, names.first_row);
        return found;
    }
    throw DataError(fmt::format("{}: has no column '{}'; it has: {}", path, column, fmt::join(header, ", ")));
}

Labels read_csv_labels(const std::string& path, const std::string& column, std::int64_t count,
                       const std::vector<std::string>& names, Meaning meaning) {
    const std::vector<CsvRow> rows = read_csv(path);
    const TableColumn place = find_column(path, rows, column);
    const std::size_t wanted = place.column;
    const RowMatch match = names.empty() ? rows_in_order(path, rows, place, static_cast<std::size_t>(count))
                                         : match_rows(path, rows, place, names);
    const auto missing = std::find(match.rows.begin(), match.rows.end(), RowMatch::kNone);
    if (missing != match.rows.end()) {
        throw DataError(fmt::format("{}: column '{}' has no row for image '{}'", path, match.named_by,
                                    names[static_cast<std::size_t>(missing - match.rows.begin())]));
    }
    std::vector<std::string> texts;
    for (const std::size_t row : match.rows) {
        const std::vector<std::string>& cells = rows[row].cells;
        if (wanted >= cells.size()) {
            throw DataError(
                fmt::format("{}: line {} has {} columns and no '{}'", path, rows[row].line, cells.size(), column));
        }
        texts.push_back(cells[wanted]);
    }
    Labels labels = labels_of_texts(texts, path, meaning);
    labels.joined = match.text(path, names.empty() ? "numbered" : "named");
    if (names.empty() && !std::is_sorted(match.rows.begin(), match.rows.end())) {
        log::warning(labels.joined + ", and not by the order of the rows");
    }
    return labels;
}

} // namespace tacit::shards
