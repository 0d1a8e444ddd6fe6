// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tacit::shards {

/// A row of a comma-separated file.
struct CsvRow {
    std::size_t line = 0; ///< in which it begins, from 1
    std::vector<std::string> cells;
};

/// The lines that hold something else than blanks and commas, the header first. Quoted cells (RFC 4180) may hold commas
/// and line breaks, which become spaces; spaces and tabs around others are no part of them. Throws IoError; DataError
/// for a file without a line or a quoted cell without an end.
std::vector<CsvRow> read_csv(const std::string& path);

} // namespace tacit::shards
