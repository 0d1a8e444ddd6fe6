// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/tables/table_guess.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/utf8.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/import/folder/scan.hpp"
#include "pipeline/shards/import/table_rows.hpp"
#include "pipeline/shards/import/table_splits.hpp"
#include "pipeline/shards/labels/labels.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

bool is_label_name(const std::string& name) {
    constexpr std::array<std::string_view, 14> kNames = {
        "label", "labels",  "class",      "classes",   "class_name", "category", "target",
        "y",     "species", "label_name", "classname", "diagnosis",  "class_id", "category_name"};
    const std::string lower = lower_case(name);
    return std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

/// A table and the images that it may be about.
class Guesser {
  public:
    Guesser(const std::vector<CsvRow>& rows, const RowMatch& match, const std::vector<std::string>& classes)
        : rows_(rows), match_(match), known_(classes.begin(), classes.end()), all_(rows[0].cells.size()) {
        std::iota(all_.begin(), all_.end(), std::size_t{0});
        header_ = rows.size() > 1 && std::find(match.rows.begin(), match.rows.end(), 0U) == match.rows.end();
        std::erase(all_, match.column);
        const std::vector<std::size_t> splits = split_columns(rows);
        std::erase_if(all_, [&](auto at) { return std::find(splits.begin(), splits.end(), at) != splits.end(); });
    }

    /// The column of classes; all others, if each row has 1 in one of them and 0 in the others; none: it is open.
    std::vector<std::size_t> columns() const {
        for (const auto fits :
             {&Guesser::holds_known_classes, &Guesser::is_named_like_labels, &Guesser::is_the_only_one}) {
            std::vector<std::size_t> fitting;
            std::copy_if(all_.begin(), all_.end(), std::back_inserter(fitting),
                         [&](std::size_t column) { return (this->*fits)(column); });
            if (fitting.size() == 1) {
                return why_no_classes(texts(fitting.front())).empty() ? fitting : std::vector<std::size_t>();
            }
            if (fitting.size() > 1) {
                return {};
            }
        }
        const bool one_hot = header_ && all_.size() > 2 && is_one_hot(); // of two, each may be asked for
        return one_hot ? all_ : std::vector<std::size_t>();
    }

    std::string names(const std::vector<std::size_t>& columns) const {
        std::vector<std::string> names(columns.size());
        std::transform(columns.begin(), columns.end(), names.begin(), [&](std::size_t column) {
            return header_ ? one_line(rows_[0].cell(column), 40) : std::to_string(column + 1);
        });
        return first_few(names, names.size());
    }

    /// What a row says by the column of classes, or by those of which one is 1.
    std::string text(std::size_t row, const std::vector<std::size_t>& columns) const {
        const auto hot = std::find_if(columns.begin(), columns.end(), [&](auto at) { return bit(row, at) == 1; });
        return columns.size() == 1 ? rows_[row].cell(columns[0]) : hot == columns.end() ? "" : rows_[0].cell(*hot);
    }

    bool has_label_name() const {
        return header_ && std::any_of(rows_[0].cells.begin(), rows_[0].cells.end(), is_label_name);
    }
    const std::vector<std::size_t>& others() const { return all_; }
    std::size_t first_row() const { return header_ ? 1 : 0; }

  private:
    std::vector<std::string> texts(std::size_t column) const {
        std::vector<std::string> texts;
        for (const std::size_t row : match_.rows) {
            if (row != RowMatch::kNone) {
                texts.push_back(rows_[row].cell(column));
            }
        }
        return texts;
    }

    /// -1: the cell holds neither 0 nor 1.
    int bit(std::size_t row, std::size_t column) const {
        const std::string& text = rows_[row].cell(column);
        return text == "1" || text == "1.0" ? 1 : text == "0" || text == "0.0" ? 0 : -1;
    }

    bool is_one_hot() const {
        return std::all_of(match_.rows.begin(), match_.rows.end(), [&](std::size_t row) {
            const auto is = [&](int value) { return [this, row, value](auto at) { return bit(row, at) == value; }; };
            return row == RowMatch::kNone || (std::count_if(all_.begin(), all_.end(), is(1)) == 1 &&
                                              std::none_of(all_.begin(), all_.end(), is(-1)));
        });
    }

    bool holds_known_classes(std::size_t column) const {
        const std::vector<std::string> all = texts(column);
        return !known_.empty() &&
               std::all_of(all.begin(), all.end(), [&](const auto& one) { return known_.contains(one); });
    }
    bool is_named_like_labels(std::size_t column) const { return header_ && is_label_name(rows_[0].cells[column]); }
    bool is_the_only_one(std::size_t column) const {
        const std::vector<std::string> texts = this->texts(column);
        return all_.size() == 1 && known_.empty() &&
               std::set<std::string>(texts.begin(), texts.end()).size() < std::max<std::size_t>(texts.size(), 2);
    }

    const std::vector<CsvRow>& rows_;
    const RowMatch& match_;
    std::set<std::string> known_;
    bool header_ = false;
    std::vector<std::size_t> all_; ///< columns beside the names of images and of splits
};

bool is_most(std::size_t found, std::size_t images) {
    return found * 10 >= images * 9;
}

/// How many images a table names, those that share a row too.
std::size_t count_named(const std::string& path, const std::vector<CsvRow>& rows,
                        const std::vector<std::string>& names) {
    try {
        return rows_of_images(path, rows, kOpenTable, names).found;
    } catch (const SharedRows& shared) {
        return shared.found;
    }
}

std::optional<TableGuess> guess_table(const std::string& root, const SourceTable& source,
                                      const std::vector<UnlabelledImage>& images,
                                      const std::vector<std::string>& classes) {
    const std::string& table = source.path;
    const std::string& folder = source.scope;
    const std::string split = split_in_name(fs::path(table).filename().string());
    const bool both = split_word_of(table) == "trainval";
    std::vector<std::size_t> places;
    std::vector<std::string> names;
    for (const UnlabelledImage& image : images) {
        const bool told = split.empty() || split == image.split || (both && image.split == "val");
        if (told && (folder.empty() || image.key.starts_with(folder + "/"))) {
            places.push_back(image.place);
            names.push_back(image.key.substr(folder.empty() ? 0 : folder.size() + 1));
        }
    }
    TableGuess guess;
    guess.path = (fs::path(root) / table).string();
    if (names.empty()) {
        return std::nullopt;
    }
    const std::string remedy =
        fmt::format("--labels {}:COLUMN reads it, --labels none says that none is meant", one_line(table));
    std::vector<CsvRow> rows;
    try {
        rows = rows_beside(guess.path);
        if (rows.empty()) {
            return std::nullopt;
        }
        const RowMatch match = match_rows(guess.path, rows, kOpenTable, names);
        const Guesser guesser(rows, match, classes);
        if (guesser.others().empty() || (match.found == 0 && !guesser.has_label_name())) {
            return std::nullopt;
        }
        if (match.found == 0) {
            guess.note = fmt::format("{}: is headed like a table of labels, but holds names of 0 of {} images without "
                                     "a label: {}; --labels none says that none is meant",
                                     one_line(table), names.size(), utf8_of(near_names(rows, names)));
            return guess;
        }
        const std::vector<std::size_t> columns =
            is_most(match.found, names.size()) ? guesser.columns() : std::vector<std::size_t>();
        if (columns.empty()) {
            guess.note =
                fmt::format("{}: holds names of {} of {} images without a label, but which column holds classes "
                            "is open ({}); {}",
                            one_line(table), match.found, names.size(), guesser.names(guesser.others()), remedy);
            return guess;
        }
        const auto label = [&](std::size_t row) { return guesser.text(row, columns); };
        refuse_two_labels(guess.path, rows, match, names, label);
        for (std::size_t i = 0; i < names.size(); ++i) {
            guess.labels.emplace_back(places[i], match.rows[i] == RowMatch::kNone ? "" : label(match.rows[i]));
        }
        count_rows(one_line(table), classes.empty() ? "image" : "image without a class", rows, guesser.first_row(),
                   match, guess.left_out);
        guess.note =
            fmt::format("{}: labels of {} of {} images are taken from column{} {}, images are named by column {}; "
                        "--labels none leaves them out",
                        one_line(table), match.found, names.size(), columns.size() > 1 ? "s (one 1 a row)" : "",
                        guesser.names(columns), one_line(match.named_by, 40));
    } catch (const Error& failure) {
        const auto* shared = dynamic_cast<const SharedRows*>(&failure);
        const bool of_splits = shared != nullptr && rows[0].cells.size() <= 1 + split_columns(rows).size();
        const bool of_images = shared != nullptr && is_most(shared->found, names.size());
        const bool text = lower_case(fs::path(table).extension().string()) == ".txt"; // which may be anything
        if (of_splits || (text && !of_images)) {
            return std::nullopt;
        }
        guess.note = fmt::format("{}; so no labels are taken from it; {}", failure.what(), remedy);
    }
    return guess;
}

/// Where two tables say two classes of one image, neither is taken.
void refuse_contradictions(std::vector<TableGuess>& guesses) {
    std::unordered_map<std::size_t, std::pair<std::size_t, std::string>> told;
    std::set<std::size_t> refused;
    for (std::size_t i = 0; i < guesses.size(); ++i) {
        for (const auto& [place, text] : guesses[i].labels) {
            if (text.empty()) {
                continue;
            }
            const auto [known, fresh] = told.try_emplace(place, i, text);
            if (!fresh && known->second.second != text) {
                refused.insert({i, known->second.first});
            }
        }
    }
    for (const std::size_t i : refused) {
        guesses[i].labels.clear();
        guesses[i].left_out = {};
        guesses[i].note = fmt::format("{}: another table says other classes of the same images, so none is taken; "
                                      "--labels TABLE:COLUMN says which counts",
                                      guesses[i].path);
    }
}

} // namespace

std::vector<TableGuess> guess_tables(const std::string& root, const std::vector<SourceTable>& tables,
                                     const std::vector<UnlabelledImage>& images,
                                     const std::vector<std::string>& classes) {
    std::vector<TableGuess> guesses;
    for (const SourceTable& table : tables) {
        if (auto guess = guess_table(root, table, images, classes)) {
            guesses.push_back(std::move(*guess));
        }
    }
    refuse_contradictions(guesses);
    return guesses;
}

std::vector<std::string> notes_of_tables_beside(const std::string& path, const SourceInfo& info,
                                                const std::vector<std::string>& names) {
    std::vector<std::string> notes;
    const fs::path folder = fs::is_directory(path) ? fs::path(path) : fs::absolute(path).parent_path();
    std::error_code error;
    std::set<fs::path> tables;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        const bool read = std::find(info.files.begin(), info.files.end(), entry->path().string()) != info.files.end();
        if (is_table_name(name) && !is_hidden_name(name) && !read) {
            tables.insert(entry->path());
        }
    }
    for (const fs::path& table : tables) {
        try {
            const std::vector<CsvRow> rows = rows_beside(table.string());
            if (rows.empty()) {
                continue;
            }
            const std::vector<std::string>& header = rows[0].cells;
            const auto label = std::find_if(header.begin(), header.end(), is_label_name);
            const bool named = label != header.end();
            const std::string split = split_in_name(table.filename().string());
            std::size_t images = names.size();
            for (const SourceSplit& one : info.splits) {
                images = one.name == split ? static_cast<std::size_t>(one.size()) : images;
            }
            const bool fits = !names.front().empty() ? is_most(count_named(table.string(), rows, names), images)
                                                     : rows.size() == images + 1 || (!named && rows.size() == images);
            if (fits && (named || lower_case(table.extension().string()) != ".txt")) {
                const std::string own = one_line(table.filename().string());
                notes.push_back(fmt::format(
                    "{}: has rows for {} images{}; {}--labels none says that none is meant", own, images,
                    info.classes.empty() ? "" : ", which have labels already",
                    info.kind == "hdf5" && info.files.size() > 1
                        ? "labels of several files are no table's, but attributes `label` of their images, or a file "
                          "of all images with such a table; "
                        : fmt::format("--labels {}:{} takes labels from it, ", own,
                                      named ? one_line(*label, 40) : "COLUMN")));
            }
        } catch (const Error&) { // nobody asked for it
            continue;
        }
    }
    return notes;
}

} // namespace tacit::shards
