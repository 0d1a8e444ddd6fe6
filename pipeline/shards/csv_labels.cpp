// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/labels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>

namespace tacit::shards {
namespace {

std::vector<std::string> split_line(const std::string& line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char letter = line[i];
        if (letter == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
            cells.back() += '"';
            ++i;
        } else if (letter == '"') {
            quoted = !quoted;
        } else if (letter == ',' && !quoted) {
            cells.emplace_back();
        } else if (letter != '\r') {
            cells.back() += letter;
        }
    }
    return cells;
}

std::vector<std::vector<std::string>> read_csv(const std::string& path) {
    const std::string text = read_file(path);
    std::vector<std::vector<std::string>> rows;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (end > begin) {
            rows.push_back(split_line(text.substr(begin, end - begin)));
        }
        begin = end + 1;
    }
    if (rows.empty()) {
        throw DataError(fmt::format("{}: is empty", path));
    }
    return rows;
}

/// The row of each image's name.
std::vector<std::size_t> rows_by_name(const std::string& path, const std::vector<std::vector<std::string>>& rows,
                                      const std::vector<std::string>& names) {
    const auto stem = [](const std::string& name) { return std::filesystem::path(name).stem().string(); };
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t row = 1; row < rows.size(); ++row) {
        places.emplace(stem(rows[row].front()), row);
    }
    std::vector<std::size_t> result;
    for (const std::string& name : names) {
        const auto found = places.find(stem(name));
        if (found == places.end()) {
            throw DataError(fmt::format("{}: column '{}' has no row for image '{}'", path, rows[0][0], name));
        }
        result.push_back(found->second);
    }
    return result;
}

} // namespace

Labels read_csv_labels(const std::string& path, const std::string& column, std::int64_t count,
                       const std::vector<std::string>& names) {
    const std::vector<std::vector<std::string>> rows = read_csv(path);
    const auto place = std::find(rows[0].begin(), rows[0].end(), column);
    if (place == rows[0].end()) {
        throw DataError(fmt::format("{}: has no column '{}'; it has: {}", path, column, fmt::join(rows[0], ", ")));
    }
    std::vector<std::size_t> order;
    if (names.empty()) {
        for (std::size_t row = 1; row < rows.size(); ++row) {
            order.push_back(row);
        }
    } else {
        order = rows_by_name(path, rows, names);
    }
    if (order.size() != static_cast<std::size_t>(count)) {
        throw DataError(fmt::format("{}: has {} rows for {} images", path, order.size(), count));
    }
    std::vector<std::string> texts;
    const auto wanted = static_cast<std::size_t>(place - rows[0].begin());
    for (const std::size_t row : order) {
        if (wanted >= rows[row].size()) {
            throw DataError(
                fmt::format("{}: line {} has {} columns and no '{}'", path, row + 1, rows[row].size(), column));
        }
        texts.push_back(rows[row][wanted]);
    }
    return labels_of_texts(texts, path);
}

} // namespace tacit::shards
