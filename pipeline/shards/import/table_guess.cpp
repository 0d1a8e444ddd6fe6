// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/table_guess.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/utf8.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/import/left_out.hpp"
#include "pipeline/shards/labels.hpp"
#include "pipeline/shards/row_search.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxTable = std::uintmax_t{256} << 20;

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
        : rows_(rows), match_(match), known_(classes.begin(), classes.end()) {
        header_ = rows.size() > 1 && std::find(match.rows.begin(), match.rows.end(), 0U) == match.rows.end();
        for (std::size_t column = 0; column < rows[0].cells.size(); ++column) {
            if (column != match.column) {
                others_.push_back(column);
            }
        }
    }

    std::optional<std::size_t> column() const {
        for (const auto fits :
             {&Guesser::holds_known_classes, &Guesser::is_named_like_labels, &Guesser::is_the_only_one}) {
            std::vector<std::size_t> fitting;
            std::copy_if(others_.begin(), others_.end(), std::back_inserter(fitting),
                         [&](std::size_t column) { return (this->*fits)(column); });
            if (fitting.size() == 1) {
                return why_no_classes(texts(fitting.front())).empty() ? std::optional(fitting.front()) : std::nullopt;
            }
            if (fitting.size() > 1) {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }

    std::string name(std::size_t column) const {
        return header_ ? one_line(rows_[0].cells[column], 40) : std::to_string(column + 1);
    }

    std::string other_names() const {
        std::vector<std::string> names;
        for (const std::size_t column : others_) {
            names.push_back(name(column));
        }
        return first_few(names, names.size());
    }

    bool has_label_name() const {
        return header_ && std::any_of(rows_[0].cells.begin(), rows_[0].cells.end(), is_label_name);
    }

    std::string text(std::size_t image, std::size_t column) const {
        const std::size_t row = match_.rows[image];
        return row == RowMatch::kNone || column >= rows_[row].cells.size() ? std::string() : rows_[row].cells[column];
    }

  private:
    std::vector<std::string> texts(std::size_t column) const {
        std::vector<std::string> all;
        for (std::size_t image = 0; image < match_.rows.size(); ++image) {
            if (match_.rows[image] != RowMatch::kNone) {
                all.push_back(text(image, column));
            }
        }
        return all;
    }

    bool holds_known_classes(std::size_t column) const {
        const std::vector<std::string> all = texts(column);
        return !known_.empty() &&
               std::all_of(all.begin(), all.end(), [&](const auto& one) { return known_.contains(one); });
    }
    bool is_named_like_labels(std::size_t column) const { return header_ && is_label_name(rows_[0].cells[column]); }
    bool is_the_only_one(std::size_t column) const {
        const std::vector<std::string> all = texts(column);
        return others_.size() == 1 && known_.empty() &&
               std::set<std::string>(all.begin(), all.end()).size() < std::max<std::size_t>(all.size(), 2);
    }

    const std::vector<CsvRow>& rows_;
    const RowMatch& match_;
    std::set<std::string> known_;
    bool header_ = false;
    std::vector<std::size_t> others_; ///< columns beside the names
};

std::optional<TableGuess> guess_table(const std::string& root, const SourceTable& source,
                                      const std::vector<UnlabelledImage>& images,
                                      const std::vector<std::string>& classes) {
    const std::string& table = source.path;
    const std::string& folder = source.scope;
    const std::string split = split_in_name(fs::path(table).filename().string());
    std::vector<std::size_t> places;
    std::vector<std::string> names;
    for (const UnlabelledImage& image : images) {
        if ((folder.empty() || image.key.starts_with(folder + "/")) && (split.empty() || split == image.split)) {
            places.push_back(image.place);
            names.push_back(image.key.substr(folder.empty() ? 0 : folder.size() + 1));
        }
    }
    TableGuess guess;
    guess.path = (fs::path(root) / table).string();
    std::error_code error;
    if (names.empty() || fs::file_size(guess.path, error) > kMaxTable || error) {
        return std::nullopt;
    }
    const std::string remedy =
        fmt::format("--labels {}:COLUMN reads it, --labels none says that none is meant", one_line(table));
    try {
        const std::vector<CsvRow> rows = read_csv(guess.path);
        const RowMatch match = match_rows(guess.path, rows, {TableColumn::kOpen, 0, TableColumn::kOpen}, names);
        const Guesser guesser(rows, match, classes);
        if (guesser.other_names().empty() || (match.found == 0 && !guesser.has_label_name())) {
            return std::nullopt;
        }
        if (match.found == 0) {
            guess.note = fmt::format("{}: is headed like a table of labels, but holds names of 0 of {} images without "
                                     "a label, such as '{}'; --labels none says that none is meant",
                                     one_line(table), names.size(), one_line(utf8_of(names.front())));
            return guess;
        }
        const auto column = match.found * 10 >= names.size() * 9 ? guesser.column() : std::nullopt;
        if (!column) {
            guess.note =
                fmt::format("{}: holds names of {} of {} images without a label, but which column holds classes "
                            "is open ({}); {}",
                            one_line(table), match.found, names.size(), guesser.other_names(), remedy);
            return guess;
        }
        for (std::size_t i = 0; i < names.size(); ++i) {
            guess.labels.emplace_back(places[i], guesser.text(i, *column));
        }
        guess.note = fmt::format(
            "{}: labels of {} of {} images are taken from column {}, images are named by column {}; "
            "--labels none leaves them out",
            one_line(table), match.found, names.size(), guesser.name(*column), one_line(match.named_by, 40));
    } catch (const Error& failure) {
        if (lower_case(fs::path(table).extension().string()) == ".txt") { // which may be anything
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
            const auto [known, fresh] = told.try_emplace(place, i, text);
            if (!fresh && !text.empty() && known->second.second != text) {
                refused.insert({i, known->second.first});
            }
        }
    }
    for (const std::size_t i : refused) {
        guesses[i].labels.clear();
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

} // namespace tacit::shards
