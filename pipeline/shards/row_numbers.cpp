// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/shards/row_search.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <set>
#include <string_view>
#include <system_error>

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

/// The row of each image where `numbers` are 0 … N - 1, or 1 … N, in any order; else none. `first_row`: of the first.
std::vector<std::size_t> order_of(const std::vector<std::size_t>& numbers, std::size_t first_row) {
    const std::size_t first = *std::min_element(numbers.begin(), numbers.end());
    std::vector<std::size_t> order(numbers.size(), RowMatch::kNone);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t place = numbers[i] - first;
        if (first > 1 || place >= order.size() || order[place] != RowMatch::kNone) {
            return {};
        }
        order[place] = first_row + i;
    }
    return order;
}

std::string name_of(const std::vector<CsvRow>& rows, const TableColumn& wanted, std::size_t column) {
    const bool header = wanted.first_row > 0 && column < rows[0].cells.size();
    return header ? rows[0].cells[column] : std::to_string(column + 1);
}

} // namespace

RowMatch rows_in_order(const std::string& path, const std::vector<CsvRow>& rows, const TableColumn& wanted,
                       std::size_t count) {
    if (rows.size() - wanted.first_row != count) {
        throw DataError(fmt::format("{}: has {} for {}", path,
                                    counted(static_cast<std::int64_t>(rows.size() - wanted.first_row), "row"),
                                    counted(static_cast<std::int64_t>(count), "image")));
    }
    RowMatch match{wanted.column, "", std::vector<std::size_t>(count), count};
    std::iota(match.rows.begin(), match.rows.end(), wanted.first_row);
    const bool told = wanted.names != TableColumn::kOpen;
    const auto label = [&](std::size_t row) {
        const std::vector<std::string>& cells = rows[row].cells;
        return wanted.column < cells.size() ? cells[wanted.column] : std::string();
    };
    const auto tells_others = [&](const std::vector<std::size_t>& order) {
        return !std::equal(order.begin(), order.end(), match.rows.begin(),
                           [&](std::size_t a, std::size_t b) { return label(a) == label(b); });
    };
    const std::string file = path.substr(path.rfind('/') + 1);
    std::string open; // a column that may number images otherwise than the rows
    for (std::size_t column = 0; column < rows[0].cells.size(); ++column) {
        const std::vector<std::size_t> numbers = column == wanted.column || (told && column != wanted.names)
                                                     ? std::vector<std::size_t>()
                                                     : numbers_of_rows(rows, wanted, column);
        if (numbers.empty()) {
            continue;
        }
        const std::string name = name_of(rows, wanted, column);
        const bool named = told || (wanted.first_row > 0 && is_named_like_numbers(name));
        const std::vector<std::size_t> order = order_of(numbers, wanted.first_row);
        if (order.empty()) {
            const bool meant = named || std::set(numbers.begin(), numbers.end()).size() == count;
            if (meant && !std::is_sorted(numbers.begin(), numbers.end())) {
                log::warning(fmt::format("{}: the numbers in column '{}' are not all those from 0 to {}, or from 1 to "
                                         "{}; rows are taken in the order of the images",
                                         path, name, count - 1, count));
            }
        } else if (!named) {
            open = open.empty() && !std::is_sorted(order.begin(), order.end()) && tells_others(order) ? name : open;
        } else if (!match.named_by.empty() && tells_others(order)) {
            throw DataError(fmt::format("{}: columns '{}' and '{}' both number images, and give them other labels; say "
                                        "which counts, as in {}:COLUMN:{}",
                                        path, match.named_by, name, file, name));
        } else {
            match.column = column;
            match.named_by = name;
            match.rows = order;
        }
    }
    if (told && match.named_by.empty()) {
        throw DataError(fmt::format("{}: column '{}' does not number the {} images, from 0 or from 1", path,
                                    name_of(rows, wanted, wanted.names), count));
    }
    if (match.named_by.empty() && !open.empty()) {
        throw DataError(fmt::format("{}: column '{}' may number the images, or rows may stand in their order, which "
                                    "gives them other labels; if it does, say {}:COLUMN:{}, else write an index (a "
                                    "column 'index' of 0 to {}) or leave '{}' out",
                                    path, open, file, open, count - 1, open));
    }
    return match;
}

} // namespace tacit::shards
