// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/row_search.hpp"

#include "pipeline/base/words.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/import/left_out.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace tacit::shards {
namespace {

constexpr std::size_t kNone = RowMatch::kNone;

/// With slashes, as tables made on Windows do not have them.
std::string whole(const std::string& name) {
    std::string slashed = name;
    std::replace(slashed.begin(), slashed.end(), '\\', '/');
    return slashed;
}

std::string without_extension(const std::string& name) {
    const std::string slashed = whole(name);
    return has_image_extension(slashed) ? slashed.substr(0, slashed.rfind('.')) : slashed;
}

std::string without_folders(const std::string& name) {
    const std::string left = without_extension(name);
    return left.substr(left.rfind('/') + 1);
}

/// Without what stands behind the last dot, unless it is a number.
std::string without_any_extension(const std::string& original) {
    const std::string name = whole(original);
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

/// How well a column names images.
struct Naming {
    std::size_t column = 0;
    std::size_t found = 0; ///< of some images
    std::size_t turns = 0; ///< that these took, together: fewer are more exact

    bool operator<(const Naming& other) const {
        return std::tuple(found, other.turns, other.column) < std::tuple(other.found, turns, column);
    }
    /// Whether it may be meant where `best` was found to name the most.
    bool rivals(const Naming& best) const {
        return column != best.column && 2 * found >= best.found && turns * best.found <= best.turns * found;
    }
};

Naming naming_of(const std::vector<CsvRow>& rows, const TableColumn& wanted, std::size_t column,
                 const std::vector<std::string>& names) {
    Naming naming{column};
    std::vector<std::string> missing = names;
    std::size_t turn = 0;
    for (const Keys& keys : kInTurn) {
        std::unordered_set<std::string> sought;
        for (const std::string& name : missing) {
            sought.insert(keys.image(name));
        }
        std::unordered_set<std::string> met;
        for (std::size_t row = wanted.first_row; row < rows.size() && !missing.empty(); ++row) {
            if (std::string key = keys.row(rows[row].cell(column)); sought.contains(key)) {
                met.insert(std::move(key));
            }
        }
        const std::size_t now =
            std::erase_if(missing, [&](const std::string& name) { return met.contains(keys.image(name)); });
        naming.found += now;
        naming.turns += now * turn++;
    }
    return naming;
}

/// Columns where some of the images' names are found, the best first, and those that rival it.
std::vector<Naming> columns_of_names(const std::vector<CsvRow>& rows, const TableColumn& wanted,
                                     const std::vector<std::string>& names) {
    constexpr std::size_t kTried = 50;
    std::size_t columns = 0;
    for (const CsvRow& row : rows) {
        columns = std::max(columns, row.cells.size());
    }
    std::vector<std::string> tried;
    for (std::size_t i = 0; i < names.size(); i += std::max<std::size_t>(1, names.size() / kTried)) {
        tried.push_back(names[i]);
    }
    std::vector<Naming> all{Naming{}};
    for (std::size_t column = 0; column < columns; ++column) {
        if (column != wanted.column) {
            all.push_back(naming_of(rows, wanted, column, tried));
        }
    }
    std::iter_swap(all.begin(), std::max_element(all.begin(), all.end()));
    const Naming best = all.front();
    std::erase_if(
        all, [&](const Naming& one) { return one.column != best.column && (one.found == 0 || !one.rivals(best)); });
    return all;
}

class RowSearch {
  public:
    RowSearch(const std::string& path, const std::vector<CsvRow>& rows, const TableColumn& wanted,
              const std::vector<std::string>& names, std::size_t column)
        : path_(path), rows_(rows), first_(wanted.first_row), names_(names), column_(column),
          found_(names.size(), kNone), images_(rows.size(), kNone) {}

    RowMatch run() {
        for (const Keys& keys : kInTurn) {
            if (std::find(found_.begin(), found_.end(), kNone) != found_.end()) {
                search(keys);
            }
        }
        const auto missing = static_cast<std::size_t>(std::count(found_.begin(), found_.end(), kNone));
        const std::size_t found = found_.size() - missing;
        if (shared_ > 0) {
            throw SharedRows(
                fmt::format("{}: {}; give each a row with its whole name", path_, first_few(first_shared_, shared_)),
                found);
        }
        return {column_, {}, std::move(found_), found, std::move(again_)};
    }

  private:
    /// Rows with the same key.
    struct Places {
        std::size_t first = 0;
        std::vector<std::size_t> again;
    };

    void search(const Keys& keys) {
        std::unordered_map<std::string, Places> places;
        for (std::size_t row = first_; row < rows_.size(); ++row) {
            const auto [place, fresh] = places.try_emplace(keys.row(rows_[row].cell(column_)), Places{row, {}});
            if (!fresh) {
                place->second.again.push_back(row);
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
        const std::size_t other = std::exchange(images_[rows.first], image);
        constexpr std::size_t kShown = 3;
        if (other != kNone && ++shared_ <= kShown) {
            first_shared_.push_back(fmt::format("line {} ('{}') fits images '{}' and '{}' by '{}'",
                                                rows_[rows.first].line, rows_[rows.first].cell(column_), names_[other],
                                                names_[image], key));
        }
        found_[image] = rows.first;
        for (const std::size_t row : rows.again) {
            again_.emplace_back(image, row);
        }
    }

    const std::string& path_;
    const std::vector<CsvRow>& rows_;
    std::size_t first_;
    const std::vector<std::string>& names_;
    std::size_t column_;
    std::vector<std::size_t> found_;  ///< row of each image
    std::vector<std::size_t> images_; ///< image of each row
    std::size_t shared_ = 0;          ///< images whose row fits another image too
    std::vector<std::string> first_shared_;
    std::vector<std::pair<std::size_t, std::size_t>> again_;
};

std::string name_of_column(const std::vector<CsvRow>& rows, const TableColumn& wanted, const RowMatch& match,
                           std::size_t column) {
    const bool header = wanted.first_row > 0 ||
                        (rows.size() > 1 && std::find(match.rows.begin(), match.rows.end(), 0U) == match.rows.end());
    const bool named = header && column < rows[0].cells.size() && !rows[0].cells[column].empty();
    return named ? rows[0].cells[column] : std::to_string(column + 1);
}

/// "'2'", of a column that the header does not name "'1' (without a name)".
std::string shown_column(const std::string& name, const std::vector<CsvRow>& rows, std::size_t column) {
    const bool unnamed = column < rows[0].cells.size() && rows[0].cells[column].empty();
    return fmt::format("'{}'{}", name, unnamed ? " (the column without a name)" : "");
}

/// How many whole numbers a column holds, but for a header; 0: it holds something else too.
std::size_t count_of_numbers(const std::vector<CsvRow>& rows, std::size_t first_row, std::size_t column) {
    const auto is_number = [&](const CsvRow& row) {
        const std::string& text = row.cell(column);
        return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    };
    const std::size_t first = first_row == 0 && !is_number(rows[0]) ? 1 : first_row;
    const bool all = std::all_of(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(), is_number);
    return all ? rows.size() - first : 0;
}

/// Whether `other` would give some image another label; a row of its own, where it is open which column holds them.
bool disagree(const std::vector<CsvRow>& rows, const TableColumn& wanted, const RowMatch& match,
              const RowMatch& other) {
    for (std::size_t image = 0; image < match.rows.size(); ++image) {
        const std::size_t one = match.rows[image];
        const std::size_t two = other.rows[image];
        const bool both = one != kNone && two != kNone && one != two;
        if (both &&
            (wanted.column == TableColumn::kOpen || rows[one].cell(wanted.column) != rows[two].cell(wanted.column))) {
            return true;
        }
    }
    return false;
}

/// nullopt for a column of other things, such as class numbers, which do not tell images apart.
std::optional<RowMatch> match_of_rival(const std::string& path, const std::vector<CsvRow>& rows,
                                       const TableColumn& wanted, const std::vector<std::string>& names,
                                       std::size_t column) {
    std::unordered_set<std::string> cells;
    for (std::size_t row = wanted.first_row; row < rows.size(); ++row) {
        if (const std::string& text = rows[row].cell(column); !text.empty() && !cells.insert(text).second) {
            return std::nullopt;
        }
    }
    try {
        return RowSearch(path, rows, wanted, names, column).run();
    } catch (const DataError&) {
        return std::nullopt;
    }
}

/// The digits of a name, where they stand together, without zeros before them; "": it has none, or others apart.
std::string number_in(const std::string& name) {
    constexpr const char* kDigits = "0123456789";
    const std::size_t begin = std::min(name.find_first_of(kDigits), name.size());
    const std::size_t end = std::min(name.find_first_not_of(kDigits, begin), name.size());
    const bool apart = name.find_first_of(kDigits, end) != std::string::npos;
    const std::size_t first = std::min(name.find_first_not_of('0', begin), std::max(end, begin + 1) - 1);
    return apart ? std::string() : name.substr(first, end - first);
}

} // namespace

std::string RowMatch::text(const std::string& path, const char* what) const {
    return named_by.empty() ? "" : fmt::format("{}: images are {} by column {}", path, what, one_line(named_by, 40));
}

void refuse_two_labels(const std::string& path, const std::vector<CsvRow>& rows, const RowMatch& match,
                       const std::vector<std::string>& names,
                       const std::function<std::string(std::size_t row)>& label) {
    for (const auto& [image, row] : match.again) {
        const std::size_t first = match.rows[image];
        if (label(first) != label(row)) {
            throw DataError(fmt::format("{}: image '{}' fits '{}' in line {} and '{}' in line {}, which do not agree; "
                                        "give it one row with its whole name",
                                        path, names[image], rows[first].cell(match.column), rows[first].line,
                                        rows[row].cell(match.column), rows[row].line));
        }
    }
}

std::string near_names(const std::vector<CsvRow>& rows, const std::vector<std::string>& names) {
    using Key = std::string (*)(const std::string&);
    const std::array<std::pair<Key, const char*>, 2> kinds = {
        {{[](const std::string& name) { return lower_case(bare(name)); }, "the same but for the case of letters"},
         {[](const std::string& name) { return number_in(bare(name)); }, "the same numbers in other texts"}}};
    for (const auto& [key, what] : kinds) {
        std::unordered_map<std::string, const std::string*> images;
        for (const std::string& name : names) {
            images.emplace(key(name), &name);
        }
        images.erase("");
        for (std::size_t column = 0; column < rows[0].cells.size(); ++column) {
            std::set<const std::string*> met;
            for (const CsvRow& row : rows) {
                const auto image = images.find(key(row.cell(column)));
                if (image == images.end() || !met.insert(image->second).second) {
                    continue;
                }
                if (2 * met.size() >= std::min(names.size(), rows.size())) { // a class number is that of few
                    return fmt::format("image '{}' and '{}' in line {} are {}; write names as the images have them",
                                       one_line(*image->second), one_line(row.cell(column), 40), row.line, what);
                }
            }
        }
    }
    return fmt::format("images have names such as '{}', rows hold '{}'", one_line(names.front()),
                       one_line(rows.back().cells.front(), 40));
}

RowMatch match_rows(const std::string& path, const std::vector<CsvRow>& rows, const TableColumn& wanted,
                    const std::vector<std::string>& names) {
    const bool told = wanted.names != TableColumn::kOpen;
    const std::vector<Naming> columns =
        told ? std::vector<Naming>{Naming{wanted.names}} : columns_of_names(rows, wanted, names);
    RowMatch match = RowSearch(path, rows, wanted, names, columns.front().column).run();
    match.named_by = name_of_column(rows, wanted, match, match.column);
    if (wanted.column != TableColumn::kOpen) {
        refuse_two_labels(path, rows, match, names, [&](std::size_t row) { return rows[row].cell(wanted.column); });
    }
    if (!told && match.found > 0 && match.found < names.size() &&
        count_of_numbers(rows, wanted.first_row, match.column) == names.size()) {
        throw DataError(fmt::format("{}: the {} numbers in column '{}' fit {} of {} images by their names; they may "
                                    "count from another start, so that others were meant; write the images' names, or "
                                    "say {}:COLUMN:{}",
                                    path, names.size(), match.named_by, match.found, names.size(),
                                    path.substr(path.rfind('/') + 1), match.named_by));
    }
    for (std::size_t i = 1; i < columns.size(); ++i) {
        const auto rival = match_of_rival(path, rows, wanted, names, columns[i].column);
        if (rival && disagree(rows, wanted, match, *rival)) {
            const std::string other = name_of_column(rows, wanted, match, rival->column);
            const std::string file = path.substr(path.rfind('/') + 1);
            throw DataError(fmt::format("{}: columns {} and {} both name images, and give them other rows; say which "
                                        "counts, as in {}:COLUMN:{} or {}:COLUMN:{}",
                                        path, shown_column(match.named_by, rows, match.column),
                                        shown_column(other, rows, rival->column), file, match.named_by, file, other));
        }
    }
    return match;
}

} // namespace tacit::shards
