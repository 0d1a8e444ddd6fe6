// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/labels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

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

struct Row {
    std::size_t line = 0; ///< from 1
    std::vector<std::string> cells;
};

/// The lines that are not blank, the header first.
std::vector<Row> read_csv(const std::string& path) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    const std::string text = read_file(path);
    std::vector<Row> rows;
    std::size_t line = 0;
    for (std::size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string one = text.substr(begin, end - begin);
        ++line;
        if (!one.empty() && one != "\r") {
            rows.push_back({line, split_line(one)});
        }
        begin = end + 1;
    }
    if (rows.empty()) {
        throw DataError(fmt::format("{}: is empty", path));
    }
    return rows;
}

std::string whole(const std::string& name) {
    return name;
}

std::string without_extension(const std::string& name) {
    return has_image_extension(name) ? name.substr(0, name.rfind('.')) : name;
}

std::string without_folders(const std::string& name) {
    const std::string left = without_extension(name);
    return left.substr(left.rfind('/') + 1);
}

/// Finds the row of each image: by its whole name, else without an image file's extension, else without folders too.
class RowSearch {
  public:
    RowSearch(const std::string& path, const std::vector<Row>& rows, const std::vector<std::string>& names)
        : path_(path), rows_(rows), names_(names), found_(names.size(), 0), images_(rows.size(), names.size()) {}

    std::vector<std::size_t> run() {
        for (const auto& key : {whole, without_extension, without_folders}) {
            if (std::find(found_.begin(), found_.end(), 0U) != found_.end()) {
                search(key);
            }
        }
        const auto missing = std::find(found_.begin(), found_.end(), 0U);
        if (missing != found_.end()) {
            throw DataError(fmt::format("{}: column '{}' has no row for image '{}'", path_, rows_[0].cells[0],
                                        names_[static_cast<std::size_t>(missing - found_.begin())]));
        }
        return std::move(found_);
    }

  private:
    /// Rows with the same key: the first two.
    struct Places {
        std::size_t first = 0;
        std::size_t second = 0; ///< 0: there is one
    };

    void search(std::string (*key)(const std::string&)) {
        std::unordered_map<std::string, Places> places;
        for (std::size_t row = 1; row < rows_.size(); ++row) {
            const auto [place, added] = places.try_emplace(key(rows_[row].cells[0]), Places{row, 0});
            if (!added && place->second.second == 0) {
                place->second.second = row;
            }
        }
        for (std::size_t image = 0; image < names_.size(); ++image) {
            const auto place = found_[image] == 0 ? places.find(key(names_[image])) : places.end();
            if (place != places.end()) {
                take(image, place->first, place->second);
            }
        }
    }

    void take(std::size_t image, const std::string& key, const Places& rows) {
        if (rows.second != 0) {
            throw DataError(fmt::format("{}: image '{}' fits '{}' in line {} and '{}' in line {}, both by '{}'; give "
                                        "it one row with its whole name",
                                        path_, names_[image], rows_[rows.first].cells[0], rows_[rows.first].line,
                                        rows_[rows.second].cells[0], rows_[rows.second].line, key));
        }
        const std::size_t other = std::exchange(images_[rows.first], image);
        if (other != names_.size()) {
            throw DataError(fmt::format("{}: line {} ('{}') fits images '{}' and '{}' by '{}'; give each a row with "
                                        "its whole name",
                                        path_, rows_[rows.first].line, rows_[rows.first].cells[0], names_[other],
                                        names_[image], key));
        }
        found_[image] = rows.first;
    }

    const std::string& path_;
    const std::vector<Row>& rows_;
    const std::vector<std::string>& names_;
    std::vector<std::size_t> found_;  ///< of each image; 0: none yet
    std::vector<std::size_t> images_; ///< of each row; number of images: none yet
};

} // namespace

Labels read_csv_labels(const std::string& path, const std::string& column, std::int64_t count,
                       const std::vector<std::string>& names, Meaning meaning) {
    const std::vector<Row> rows = read_csv(path);
    const std::vector<std::string>& header = rows[0].cells;
    const auto place = std::find(header.begin(), header.end(), column);
    if (place == header.end()) {
        throw DataError(fmt::format("{}: has no column '{}'; it has: {}", path, column, fmt::join(header, ", ")));
    }
    std::vector<std::size_t> order;
    if (names.empty()) {
        for (std::size_t row = 1; row < rows.size(); ++row) {
            order.push_back(row);
        }
    } else {
        order = RowSearch(path, rows, names).run();
    }
    if (order.size() != static_cast<std::size_t>(count)) {
        throw DataError(fmt::format("{}: has {} rows for {} images", path, order.size(), count));
    }
    std::vector<std::string> texts;
    const auto wanted = static_cast<std::size_t>(place - header.begin());
    for (const std::size_t row : order) {
        const std::vector<std::string>& cells = rows[row].cells;
        if (wanted >= cells.size()) {
            throw DataError(
                fmt::format("{}: line {} has {} columns and no '{}'", path, rows[row].line, cells.size(), column));
        }
        texts.push_back(cells[wanted]);
    }
    return labels_of_texts(texts, path, meaning);
}

} // namespace tacit::shards
