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
std::vector<std::size_t> numbers_in(const std::vector<CsvRow>& rows, const TableColumn& wanted, std::size_t column) {
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

bool is_named_like_numbers(const std::string& name) {
    constexpr std::array<std::string_view, 10> kNames = {"index", "idx", "id", "image_id",   "imageid",
                                                         "no",    "nr",  "#",  "unnamed: 0", "image_index"};
    return std::find(kNames.begin(), kNames.end(), lower_case(name)) != kNames.end();
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
    for (std::size_t column = 0; column < rows[0].cells.size(); ++column) {
        const std::vector<std::size_t> numbers = column == wanted.column || (told && column != wanted.names)
                                                     ? std::vector<std::size_t>()
                                                     : numbers_in(rows, wanted, column);
        if (numbers.empty()) {
            continue;
        }
        const std::string name = name_of(rows, wanted, column);
        const std::set<std::size_t> all(numbers.begin(), numbers.end());
        const std::size_t first = *all.begin();
        if (first > 1 || all.size() != count || *all.rbegin() != first + count - 1) {
            const bool meant = all.size() == count || is_named_like_numbers(name);
            if (meant && !std::is_sorted(numbers.begin(), numbers.end())) {
                log::warning(fmt::format("{}: the numbers in column '{}' are not all those from 0 to {}, or from 1 to "
                                         "{}; rows are taken in the order of the images",
                                         path, name, count - 1, count));
            }
            continue;
        }
        std::vector<std::size_t> order(count);
        for (std::size_t i = 0; i < count; ++i) {
            order[numbers[i] - first] = wanted.first_row + i;
        }
        const bool other =
            !match.named_by.empty() && !std::equal(order.begin(), order.end(), match.rows.begin(),
                                                   [&](std::size_t a, std::size_t b) { return label(a) == label(b); });
        if (other) {
            throw DataError(fmt::format("{}: columns '{}' and '{}' both number images, and give them other labels; say "
                                        "which counts, as in {}:COLUMN:{}",
                                        path, match.named_by, name, path.substr(path.rfind('/') + 1), name));
        }
        match.column = column;
        match.named_by = name;
        match.rows = std::move(order);
    }
    if (told && match.named_by.empty()) {
        throw DataError(fmt::format("{}: column '{}' does not number the {} images, from 0 or from 1", path,
                                    name_of(rows, wanted, wanted.names), count));
    }
    return match;
}

} // namespace tacit::shards
