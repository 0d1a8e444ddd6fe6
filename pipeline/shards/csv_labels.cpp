// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/csv_table.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/labels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <utility>

namespace tacit::shards {
namespace {

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

/// Without what stands behind the last dot, unless it is a number.
std::string without_any_extension(const std::string& name) {
    const std::size_t dot = name.find('.', name.rfind('/') + 1) == std::string::npos ? name.size() : name.rfind('.');
    const bool letters = std::any_of(name.begin() + static_cast<std::ptrdiff_t>(dot), name.end(),
                                     [](unsigned char letter) { return std::isalpha(letter) != 0; });
    return letters ? name.substr(0, dot) : name;
}

std::string bare(const std::string& name) {
    const std::string left = without_any_extension(name);
    return left.substr(left.rfind('/') + 1);
}

/// What is compared of a row's and of an image's name.
struct Keys {
    std::string (*row)(const std::string&);
    std::string (*image)(const std::string&);
};

/// Finds the row of each image: by its whole name, else without an image file's extension, else without folders too,
/// else the same without any extension of the row's.
class RowSearch {
  public:
    /// Rows that hold the same in `column` agree.
    RowSearch(const std::string& path, const std::vector<CsvRow>& rows, const std::vector<std::string>& names,
              std::size_t column)
        : path_(path), rows_(rows), names_(names), column_(column), found_(names.size(), 0),
          images_(rows.size(), names.size()) {}

    std::vector<std::size_t> run() {
        constexpr Keys kInTurn[] = {{whole, whole},
                                    {without_extension, without_extension},
                                    {without_folders, without_folders},
                                    {without_any_extension, without_extension},
                                    {bare, without_folders}};
        for (const Keys& keys : kInTurn) {
            if (std::find(found_.begin(), found_.end(), 0U) != found_.end()) {
                search(keys);
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
    /// Rows with the same key: the first, and the first that does not agree with it.
    struct Places {
        std::size_t first = 0;
        std::size_t other = 0; ///< 0: there is none
    };

    bool agree(std::size_t a, std::size_t b) const {
        const std::vector<std::string>& one = rows_[a].cells;
        const std::vector<std::string>& other = rows_[b].cells;
        return column_ < one.size() && column_ < other.size() && one[column_] == other[column_];
    }

    void search(const Keys& keys) {
        std::unordered_map<std::string, Places> places;
        for (std::size_t row = 1; row < rows_.size(); ++row) {
            Places& place = places.try_emplace(keys.row(rows_[row].cells[0]), Places{row, 0}).first->second;
            if (row != place.first && place.other == 0 && !agree(place.first, row)) {
                place.other = row;
            }
        }
        for (std::size_t image = 0; image < names_.size(); ++image) {
            const auto place = found_[image] == 0 ? places.find(keys.image(names_[image])) : places.end();
            if (place != places.end()) {
                take(image, place->first, place->second);
            }
        }
    }

    void take(std::size_t image, const std::string& key, const Places& rows) {
        if (rows.other != 0) {
            throw DataError(fmt::format("{}: image '{}' fits '{}' in line {} and '{}' in line {}, both by '{}', which "
                                        "do not agree; give it one row with its whole name",
                                        path_, names_[image], rows_[rows.first].cells[0], rows_[rows.first].line,
                                        rows_[rows.other].cells[0], rows_[rows.other].line, key));
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
    const std::vector<CsvRow>& rows_;
    const std::vector<std::string>& names_;
    std::size_t column_;
    std::vector<std::size_t> found_;  ///< of each image; 0: none yet
    std::vector<std::size_t> images_; ///< of each row; number of images: none yet
};

} // namespace

Labels read_csv_labels(const std::string& path, const std::string& column, std::int64_t count,
                       const std::vector<std::string>& names, Meaning meaning) {
    const std::vector<CsvRow> rows = read_csv(path);
    const std::vector<std::string>& header = rows[0].cells;
    const auto place = std::find(header.begin(), header.end(), column);
    if (place == header.end()) {
        const bool other = header.size() == 1 && header[0].find_first_of(";\t") != std::string::npos;
        throw DataError(fmt::format("{}: has no column '{}'; it has: {}{}", path, column, fmt::join(header, ", "),
                                    other ? " (cells must be separated by commas)" : ""));
    }
    const auto wanted = static_cast<std::size_t>(place - header.begin());
    std::vector<std::size_t> order;
    if (names.empty()) {
        for (std::size_t row = 1; row < rows.size(); ++row) {
            order.push_back(row);
        }
    } else {
        order = RowSearch(path, rows, names, wanted).run();
    }
    if (order.size() != static_cast<std::size_t>(count)) {
        throw DataError(fmt::format("{}: has {} rows for {} images", path, order.size(), count));
    }
    std::vector<std::string> texts;
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
