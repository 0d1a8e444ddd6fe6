// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/row_search.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace tacit::shards {
namespace {

constexpr std::size_t kNone = RowMatch::kNone;

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

/// From the most exact to the least.
constexpr Keys kInTurn[] = {{whole, whole},
                            {without_extension, without_extension},
                            {without_folders, without_folders},
                            {without_any_extension, without_extension},
                            {bare, without_folders}};

const std::string& cell(const CsvRow& row, std::size_t column) {
    static const std::string kMissing;
    return column < row.cells.size() ? row.cells[column] : kMissing;
}

/// The column where most of some images' names are found.
std::size_t column_of_names(const std::vector<CsvRow>& rows, std::size_t first, const std::vector<std::string>& names,
                            std::size_t labels) {
    constexpr std::size_t kTried = 50;
    std::size_t columns = 0;
    for (const CsvRow& row : rows) {
        columns = std::max(columns, row.cells.size());
    }
    std::vector<std::string> tried;
    for (std::size_t i = 0; i < names.size(); i += std::max<std::size_t>(1, names.size() / kTried)) {
        tried.push_back(names[i]);
    }
    std::tuple<std::size_t, std::size_t, std::size_t> best{0, 0, 0}; // found, how exactly, place from the right
    for (std::size_t column = 0; column < columns; ++column) {
        std::size_t turns = 0;
        std::vector<std::string> missing = tried;
        for (const Keys& keys : kInTurn) {
            std::unordered_set<std::string> wanted;
            for (const std::string& name : missing) {
                wanted.insert(keys.image(name));
            }
            std::unordered_set<std::string> met;
            for (std::size_t row = first; row < rows.size() && !missing.empty() && column != labels; ++row) {
                if (std::string key = keys.row(cell(rows[row], column)); wanted.contains(key)) {
                    met.insert(std::move(key));
                }
            }
            std::erase_if(missing, [&](const std::string& name) { return met.contains(keys.image(name)); });
            turns += missing.size();
        }
        best = std::max(best, {tried.size() - missing.size(), ~turns, columns - column});
    }
    return std::get<0>(best) == 0 ? 0 : columns - std::get<2>(best);
}

class RowSearch {
  public:
    RowSearch(const std::string& path, const std::vector<CsvRow>& rows, std::size_t first,
              const std::vector<std::string>& names, std::size_t labels)
        : path_(path), rows_(rows), first_(first), names_(names), labels_(labels),
          column_(column_of_names(rows, first, names, labels)), found_(names.size(), kNone),
          images_(rows.size(), kNone) {}

    RowMatch run() {
        for (const Keys& keys : kInTurn) {
            if (std::find(found_.begin(), found_.end(), kNone) != found_.end()) {
                search(keys);
            }
        }
        const auto missing = static_cast<std::size_t>(std::count(found_.begin(), found_.end(), kNone));
        const std::size_t found = found_.size() - missing;
        return {column_, std::move(found_), found};
    }

  private:
    /// Rows with the same key: the first, and the first that does not agree with it.
    struct Places {
        std::size_t first = 0;
        std::size_t other = kNone;
    };

    const std::string& name_in(std::size_t row) const { return cell(rows_[row], column_); }

    bool agree(std::size_t a, std::size_t b) const {
        const std::vector<std::string>& one = rows_[a].cells;
        const std::vector<std::string>& other = rows_[b].cells;
        return labels_ < one.size() && labels_ < other.size() && one[labels_] == other[labels_];
    }

    void search(const Keys& keys) {
        std::unordered_map<std::string, Places> places;
        for (std::size_t row = first_; row < rows_.size(); ++row) {
            Places& place = places.try_emplace(keys.row(name_in(row)), Places{row, kNone}).first->second;
            if (row != place.first && place.other == kNone && !agree(place.first, row)) {
                place.other = row;
            }
        }
        for (std::size_t image = 0; image < names_.size(); ++image) {
            const auto place = found_[image] == kNone ? places.find(keys.image(names_[image])) : places.end();
            if (place != places.end()) {
                take(image, place->first, place->second);
            }
        }
    }

    void take(std::size_t image, const std::string& key, const Places& rows) {
        if (rows.other != kNone) {
            throw DataError(fmt::format("{}: image '{}' fits '{}' in line {} and '{}' in line {}, both by '{}', which "
                                        "do not agree; give it one row with its whole name",
                                        path_, names_[image], name_in(rows.first), rows_[rows.first].line,
                                        name_in(rows.other), rows_[rows.other].line, key));
        }
        const std::size_t other = std::exchange(images_[rows.first], image);
        if (other != kNone) {
            throw DataError(fmt::format("{}: line {} ('{}') fits images '{}' and '{}' by '{}'; give each a row with "
                                        "its whole name",
                                        path_, rows_[rows.first].line, name_in(rows.first), names_[other],
                                        names_[image], key));
        }
        found_[image] = rows.first;
    }

    const std::string& path_;
    const std::vector<CsvRow>& rows_;
    std::size_t first_;
    const std::vector<std::string>& names_;
    std::size_t labels_;
    std::size_t column_;
    std::vector<std::size_t> found_;  ///< row of each image
    std::vector<std::size_t> images_; ///< image of each row
};

} // namespace

RowMatch match_rows(const std::string& path, const std::vector<CsvRow>& rows, std::size_t first,
                    const std::vector<std::string>& names, std::size_t labels) {
    return RowSearch(path, rows, first, names, labels).run();
}

} // namespace tacit::shards
