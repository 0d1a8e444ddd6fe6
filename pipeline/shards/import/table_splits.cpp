// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/table_splits.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/import/resplit_source.hpp"
#include "pipeline/shards/import/table_rows.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

/// What a column says of splits, or lists together.
struct Telling {
    std::string what;
    std::string option; ///< that takes it
    Names tables;
    Names splits;      ///< of all images; "": none
    std::string doubt; ///< why it cannot be taken unasked

    /// "says" of a column, "say" of lists.
    std::string does(const std::string& verb) const { return verb + (tables.size() > 1 ? "" : "s"); }

    void set(std::size_t image, const std::string& split, const std::string& name) {
        if (doubt.empty() && !splits[image].empty() && splits[image] != split) {
            doubt = fmt::format("{} '{}' and '{}' of image '{}'", does("say"), splits[image], split, one_line(name));
        }
        splits[image] = split;
    }
};

bool holds_splits(const std::vector<CsvRow>& rows, std::size_t column) {
    return std::all_of(rows.begin() + (rows.size() > 1 ? 1 : 0), rows.end(),
                       [&](const CsvRow& row) { return !split_of_word(row.cell(column)).empty(); });
}

class TableSplits {
  public:
    TableSplits(ImageSource& source, const ImportOptions& options)
        : options_(options), info_(source.info), names_(names_of(source)) {
        taken_.splits.resize(names_.size());
        lists_ = taken_;
    }

    /// What --splits names.
    Names told() {
        if (options_.test_fraction > 0) {
            throw ConfigError("--test-fraction does not go with --splits of tables; leave one of them out");
        }
        for (const std::string& text : options_.split_folders) {
            const auto column = text.find('=') == std::string::npos ? table_and_column(text) : std::nullopt;
            const ToldSplit list = column ? ToldSplit{"", column->first} : told_split(text);
            const std::string path = existing_table(list.path, options_.path);
            if (names_.front().empty() && !column) {
                throw ConfigError(fmt::format("--splits {}: images of {} have no names that a list could hold; "
                                              "--splits TABLE:COLUMN takes a row for each",
                                              one_line(text), info_.kind));
            }
            const std::vector<CsvRow> rows = read_csv(path);
            const TableColumn place = column ? find_column(path, rows, column->second) : kOpenTable;
            const RowMatch match = rows_of_images(path, rows, place, names_);
            const auto split_of = [&](std::size_t row) {
                const std::string& cell = column ? rows[row].cell(place.column) : list.split;
                std::string known = split_of_word(cell);
                return known.empty() && !cell.empty() ? told_split(fmt::format("{}={}", cell, path)).split : known;
            };
            add(rows, match, {}, split_of, taken_);
            count_rows(path, "image", rows, place.first_row, match, info_.left_out);
            use_table(info_, options_.path, path);
        }
        if (!taken_.doubt.empty()) {
            throw ConfigError(fmt::format("--splits: {}; an image belongs to one split", taken_.doubt));
        }
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (taken_.splits[i].empty()) {
                info_.left_out.add("images of no split that --splits names",
                                   names_[i].empty() ? std::to_string(i) : names_[i]);
            }
        }
        return std::move(taken_.splits);
    }

    /// What tables beside the images say; empty: nothing that is clear.
    Names guessed() {
        std::vector<SourceTable> tables = names_.front().empty() ? std::vector<SourceTable>() : info_.tables;
        const auto labels = table_and_column(options_.labels);
        std::string told; // of which the column with the images' names may be told
        if (labels && !names_split(labels->first)) {
            told = fs::absolute(existing_table(labels->first, options_.path)).string();
            std::error_code error;
            std::erase_if(tables, [&](const auto& one) { return fs::equivalent(path_of(one.path), told, error); });
            tables.push_back({told, ""});
        }
        for (const SourceTable& table : tables) {
            words_.insert(split_word_of(table.path));
        }
        for (const SourceTable& table : tables) {
            try {
                look_at(table, table.path == told ? labels->second : "");
            } catch (const SharedRows& shared) {
                if (is_open() || split_word_of(table.path).empty()) { // else it may be of the split in its name
                    info_.notes.push_back(fmt::format("{}; so no splits are taken from it; {}", shared.what(),
                                                      "--splits none says that none is meant"));
                }
            } catch (const Error&) { // told where labels are looked for in it
                continue;
            }
        }
        const std::set<std::string> splits(lists_.splits.begin(), lists_.splits.end());
        const bool others = splits != std::set<std::string>{""} && splits != std::set<std::string>{"train"};
        if (others || !lists_.doubt.empty()) {
            lists_.what = first_few(lists_.tables, lists_.tables.size());
            judge(std::move(lists_));
        }
        return take();
    }

  private:
    /// Whether nothing else says splits.
    bool is_open() const {
        return info_.splits.size() == 1 && info_.splits[0].name == "train" && options_.test_fraction == 0;
    }

    std::string path_of(const std::string& table) const { return (fs::path(options_.path) / table).string(); }

    /// Sets what `split_of` says of the row of each image; `places`: of the images that were matched; empty: of all.
    template <class SplitOf>
    void add(const std::vector<CsvRow>& rows, const RowMatch& match, const std::vector<std::size_t>& places,
             const SplitOf& split_of, Telling& telling) const {
        const auto set = [&](std::size_t image, std::size_t row) {
            const std::size_t place = places.empty() ? image : places[image];
            if (std::string split = row < rows.size() ? split_of(row) : std::string(); !split.empty()) {
                telling.set(place, split, names_[place]);
            }
        };
        for (std::size_t image = 0; image < match.rows.size(); ++image) {
            set(image, match.rows[image]);
        }
        for (const auto& [image, row] : match.again) {
            set(image, row);
        }
    }

    /// `labels`: the column that --labels names, if it is of this table.
    void look_at(const SourceTable& table, const std::string& labels) {
        const auto [places, names] = images_below(names_, table.scope);
        const std::string path = path_of(table.path);
        const std::string own = one_line(table.path);
        const bool both = split_word_of(table.path) == "trainval" && words_.contains("train") && words_.contains("val");
        const std::string split = both ? std::string() : split_of_word(split_word_of(table.path));
        const std::vector<CsvRow> rows = rows_beside(path);
        std::vector<std::size_t> columns = split_columns(rows);
        if (names.empty() || (columns.empty() && split.empty())) {
            return;
        }
        const RowMatch match =
            rows_of_images(path, rows, labels.empty() ? kOpenTable : find_column(path, rows, labels), names);
        std::erase(columns, match.column);
        for (const std::size_t column : columns) {
            const std::string& head = rows[0].cell(column);
            const bool named = !head.empty() && split_of_word(head).empty();
            const std::string name = named ? one_line(head, 40) : std::to_string(column + 1);
            Telling made{fmt::format("{}: column {}", own, name),
                         fmt::format("--splits {}:{}", own, name),
                         {table.path},
                         Names(names_.size()),
                         ""};
            const auto split_of = [&](std::size_t row) { return split_of_word(rows[row].cell(column)); };
            add(rows, match, places, split_of, made);
            if (!holds_splits(rows, column)) {
                made.doubt = fmt::format("holds other texts than words for splits, such as '{}'",
                                         one_line(rows.back().cell(column), 40));
            }
            judge(std::move(made));
        }
        if (columns.empty() && !split.empty()) {
            const bool first = lists_.option.find(" " + split + "=") == std::string::npos;
            lists_.option += first ? fmt::format("{} {}={}", lists_.tables.empty() ? "--splits" : "", split, own) : "";
            lists_.tables.push_back(table.path);
            const auto split_of = [&](std::size_t) -> const std::string& { return split; };
            add(rows, match, places, split_of, lists_);
        }
    }

    /// To be taken if nothing else says splits, and it says one of every image.
    void judge(Telling telling) {
        const bool open = is_open();
        std::size_t missing = 0;
        std::size_t others = 0; // than names of folders or archives say
        for (std::size_t i = 0; i < names_.size(); ++i) {
            const std::string& split = telling.splits[i];
            missing += split.empty() ? 1 : 0;
            others += !split.empty() && split != info_.split_of(static_cast<std::int64_t>(i)).name ? 1 : 0;
        }
        if (!telling.doubt.empty() || (!open && others == 0)) {
            // as it is
        } else if (!open) {
            telling.doubt =
                fmt::format("{} other splits of {} images than their places do", telling.does("say"), others);
        } else if (missing > 0) {
            telling.doubt = fmt::format("{} none of {} of {} images", telling.does("say"), missing, names_.size());
        } else if (!taken_.what.empty() && taken_.splits != telling.splits) {
            taken_.doubt = telling.doubt =
                fmt::format("{} others than {}, not taken either", telling.does("say"), taken_.what);
        }
        if (!telling.doubt.empty()) {
            info_.notes.push_back(fmt::format("{}: {} of splits, but {}; {} takes what {}, --splits none says "
                                              "that none is meant",
                                              telling.what, telling.does("tell"), telling.doubt, telling.option,
                                              telling.tables.size() > 1 ? "they say" : "it says"));
        } else if (open && taken_.what.empty()) {
            taken_ = std::move(telling);
        }
    }

    /// What was judged to be clear; empty: nothing.
    Names take() {
        if (taken_.what.empty() || !taken_.doubt.empty()) {
            return {};
        }
        for (const std::string& table : taken_.tables) {
            use_table(info_, options_.path, path_of(table));
        }
        info_.notes.push_back(fmt::format("{}: {} the splits of the images; --splits none makes one split of them",
                                          taken_.what, taken_.does("say")));
        return std::move(taken_.splits);
    }

    const ImportOptions& options_;
    SourceInfo& info_;
    Names names_; ///< of all images
    Telling taken_;
    Telling lists_;
    std::set<std::string> words_; ///< for splits, in names of tables
};

} // namespace

std::vector<std::size_t> split_columns(const std::vector<CsvRow>& rows) {
    constexpr std::array<std::string_view, 7> kHeads = {"split", "set",        "subset",       "partition",
                                                        "fold",  "data_split", "dataset_split"};
    std::vector<std::size_t> columns;
    for (std::size_t column = 0; !rows.empty() && column < rows[0].cells.size(); ++column) {
        const std::string head = lower_case(rows[0].cells[column]);
        if (holds_splits(rows, column) || std::find(kHeads.begin(), kHeads.end(), head) != kHeads.end()) {
            columns.push_back(column);
        }
    }
    return columns;
}

bool splits_of_tables(const std::vector<std::string>& splits) {
    return std::any_of(splits.begin(), splits.end(), [](const std::string& text) {
        return text.find('=') == std::string::npos ? table_and_column(text).has_value() : is_table_name(text);
    });
}

std::unique_ptr<ImageSource> with_splits(std::unique_ptr<ImageSource> source, const ImportOptions& options) {
    const Names& told = options.split_folders;
    const bool open = told.empty() || told == Names{"auto"};
    TableSplits tables(*source, options);
    const Names splits = splits_of_tables(told) ? tables.told() : open ? tables.guessed() : Names();
    return splits.empty() ? std::move(source) : in_splits(std::move(source), splits);
}

} // namespace tacit::shards
