// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/labels/row_search.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <string_view>
#include <system_error>
#include <utility>

namespace tacit::shards {
namespace {

constexpr const char* kDigits = "0123456789";

/// The numbers in a column's cells, row by row, where these differ in one number alone (7, 7.0, img_007.png); else
/// none.
std::vector<std::size_t> numbers_of_rows(const std::vector<CsvRow>& rows, const TableColumn& wanted,
                                         std::size_t column) {
    std::vector<std::size_t> numbers;
    std::string first;
    for (std::size_t row = wanted.first_row; row < rows.size(); ++row) {
        std::string text = column < rows[row].cells.size() ? rows[row].cells[column] : std::string();
        text.resize(text.ends_with(".0") ? text.size() - 2 : text.size());
        const std::size_t begin = std::min(text.find_first_of(kDigits), text.size());
        const std::size_t end = std::min(text.find_first_not_of(kDigits, begin), text.size());
        std::size_t number = 0;
        const auto error = std::from_chars(text.data() + begin, text.data() + end, number).ec;
        const std::string rest = text.erase(begin, end - begin);
        first = row == wanted.first_row ? rest : first;
        if (error != std::errc() || rest != first || rest.find_first_of(kDigits) != std::string::npos) {
            return {};
        }
        numbers.push_back(number);
    }
    return numbers;
}

/// Whether a header says that its column numbers or names images; index columns of pandas have none.
bool is_named_like_numbers(const std::string& name) {
    constexpr std::array<std::string_view, 26> kNames = {
        "",         "#",         "file",        "file_name",  "filename",   "id",      "idx", "image",     "image_file",
        "image_id", "image_idx", "image_index", "image_name", "image_path", "imageid", "img", "img_id",    "index",
        "name",     "no",        "nr",          "num",        "number",     "path",    "row", "unnamed: 0"};
    return std::find(kNames.begin(), kNames.end(), lower_case(name)) != kNames.end();
}

/// What a column of numbers says of the images.
struct Numbering {
    std::vector<std::size_t> rows;                          ///< of each image; empty: it does not number them all
    std::string why;                                        ///< it does not
    std::vector<std::pair<std::size_t, std::size_t>> again; ///< as RowMatch has it
};

/// Numbers 0 … count - 1, or 1 … count, of `count` images, in any order; of rows with one number any, if they hold the
/// same in the column that is wanted.
Numbering numbering_of(const std::vector<CsvRow>& rows, const TableColumn& wanted,
                       const std::vector<std::size_t>& numbers, std::size_t count) {
    const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
    const std::size_t first = *least > 0 && (*least == 1 || *most == count) ? 1 : 0;
    if (*most - first >= count) {
        return {{}, fmt::format("{} is none of the numbers 0 to {}, or 1 to {}", *most, count - 1, count), {}};
    }
    Numbering found{std::vector<std::size_t>(count, RowMatch::kNone), "", {}};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t row = wanted.first_row + i;
        std::size_t& place = found.rows[numbers[i] - first];
        if (place == RowMatch::kNone) {
            place = row;
        } else if (rows[place].cell(wanted.column) == rows[row].cell(wanted.column)) {
            found.again.emplace_back(numbers[i] - first, row);
        } else {
            return {{}, fmt::format("{} stands in lines {} and {}", numbers[i], rows[place].line, rows[row].line), {}};
        }
    }
    const auto missing = std::find(found.rows.begin(), found.rows.end(), RowMatch::kNone);
    return missing == found.rows.end()
               ? found
               : Numbering{
                     {}, fmt::format("no row has {}", missing - found.rows.begin() + static_cast<int>(first)), {}};
}

std::string name_of(const std::vector<CsvRow>& rows, const TableColumn& wanted, std::size_t column) {
    const bool header = wanted.first_row > 0 && column < rows[0].cells.size();
    return header ? rows[0].cells[column] : std::to_string(column + 1);
}

} // namespace

RowMatch rows_in_order(const std::string& path, const std::vector<CsvRow>& rows, const TableColumn& wanted,
                       std::size_t count) {
    RowMatch match{wanted.column, "", std::vector<std::size_t>(count), count, {}};
    std::iota(match.rows.begin(), match.rows.end(), wanted.first_row);
    const std::size_t given = rows.size() - wanted.first_row;
    const bool told = wanted.names != TableColumn::kOpen;
    const auto tells_others = [&](const std::vector<std::size_t>& order) {
        return given != count || !std::equal(order.begin(), order.end(), match.rows.begin(), [&](auto a, auto b) {
                   return rows[a].cell(wanted.column) == rows[b].cell(wanted.column);
               });
    };
    const std::string file = path.substr(path.rfind('/') + 1);
    std::string open;  // a column that may number images otherwise than the rows
    std::string other; // one that is headed so, and why it does not
    for (std::size_t column = 0; column < rows[0].cells.size(); ++column) {
        const std::vector<std::size_t> numbers = column == wanted.column || (told && column != wanted.names)
                                                     ? std::vector<std::size_t>()
                                                     : numbers_of_rows(rows, wanted, column);
        if (numbers.empty()) {
            continue;
        }
        const std::string name = name_of(rows, wanted, column);
        const bool named = told || (wanted.first_row > 0 && is_named_like_numbers(name));
        Numbering found = numbering_of(rows, wanted, numbers, count);
        if (found.rows.empty()) {
            const bool matters = named && (given != count || !std::is_sorted(numbers.begin(), numbers.end()));
            other = matters && other.empty()
                        ? fmt::format("column '{}' does not number the {} images, from 0 or from 1 ({})", name, count,
                                      found.why)
                        : other;
        } else if (!named) {
            open = open.empty() && !std::is_sorted(found.rows.begin(), found.rows.end()) && tells_others(found.rows)
                       ? name
                       : open;
        } else if (!match.named_by.empty() && tells_others(found.rows)) {
            throw DataError(fmt::format("{}: columns '{}' and '{}' both number images, and give them other labels; say "
                                        "which counts, as in {}:COLUMN:{}",
                                        path, match.named_by, name, file, name));
        } else {
            match.column = column;
            match.named_by = name;
            match.rows = std::move(found.rows);
            match.again = std::move(found.again);
        }
    }
    if (!match.named_by.empty()) {
        return match;
    }
    const std::string remedy =
        fmt::format("write a row for each image, and its number (0 to {}) in a column 'index'", count - 1);
    if (given != count) {
        throw DataError(fmt::format("{}: has {} for {}{}; {}", path, counted(static_cast<std::int64_t>(given), "row"),
                                    counted(static_cast<std::int64_t>(count), "image"),
                                    other.empty() ? "" : ", and " + other, remedy));
    }
    if (!other.empty()) {
        throw DataError(
            fmt::format("{}: {}, so that rows may stand in its order or in that of the images; {}, or leave "
                        "the column out",
                        path, other, remedy));
    }
    if (!open.empty()) {
        throw DataError(fmt::format("{}: column '{}' may number the images, or rows may stand in their order, which "
                                    "gives them other labels; if it does, say {}:COLUMN:{}, else write an index (a "
                                    "column 'index' of 0 to {}) or leave '{}' out",
                                    path, open, file, open, count - 1, open));
    }
    return match;
}

} // namespace tacit::shards
