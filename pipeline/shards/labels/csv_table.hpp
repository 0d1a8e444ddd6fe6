// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tacit::shards {

/// A row of a table.
struct CsvRow {
    std::size_t line = 0; ///< in which it begins, from 1
    std::vector<std::string> cells;

    /// "" where the row is shorter.
    const std::string& cell(std::size_t column) const;
};

/// The lines of a file of cells between commas, semicolons or tabs (in a .txt also spaces), whichever its first lines
/// all have as often, that hold something else than blanks and separators, the header first. Quoted cells (RFC 4180)
/// may hold commas and line breaks, which become spaces; spaces and tabs around others are no part of them. Throws
/// IoError; DataError for a file without a line, in UTF-16, or with a quoted cell without an end.
std::vector<CsvRow> read_csv(const std::string& path);

/// A file of labels as the user names it: from here, or from `folder`. Throws IoError that names both places,
/// ConfigError where both have one.
std::string existing_file(const std::string& path, const std::string& folder);

/// Whether a file's name ends with .csv, .tsv or .txt, in any case.
bool is_table_name(const std::string& name);

/// {FILE, COLUMN} of "FILE:COLUMN" where FILE ends with .csv, .tsv or .txt.
std::optional<std::pair<std::string, std::string>> table_and_column(const std::string& text);

/// Where a table holds what is asked for.
struct TableColumn {
    std::size_t column = 0;
    std::size_t first_row = 1; ///< 0: the table has no header
    std::size_t names = kOpen; ///< column of the images' names, if it is said
    static constexpr std::size_t kOpen = ~std::size_t{0};
};

/// Of a table of which nothing is known.
inline constexpr TableColumn kOpenTable{TableColumn::kOpen, 0, TableColumn::kOpen};

/// The column named `column` in the header; else, of a table without a header, the one of this number, from 1. Behind a
/// colon may stand the column of the images' names: "label:image". Throws DataError that says which columns there are.
TableColumn find_column(const std::string& path, const std::vector<CsvRow>& rows, const std::string& column);

} // namespace tacit::shards
