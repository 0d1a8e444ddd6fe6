// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/tables/table_labels.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/import/folder/scan.hpp"
#include "pipeline/shards/import/table_rows.hpp"
#include "pipeline/shards/import/table_splits.hpp"
#include "pipeline/shards/import/tables/table_guess.hpp"
#include "pipeline/shards/labels/labels.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

/// Tables that no label was taken from are files that are no images.
void leave_out_tables(SourceInfo& info) {
    LeftOutList all;
    for (const SourceTable& table : info.tables) {
        if (!table.used) {
            all.add(kNoImages, table.path);
        }
    }
    all.add(info.left_out);
    info.left_out = std::move(all);
}

/// Labels that the user names.
class TableReading {
  public:
    TableReading(ImageSource& source, const std::string& root)
        : info_(source.info), root_(root), names_(names_of(source)), texts_(names_.size()) {}

    void run(const std::string& table, const std::string& column) {
        const bool both =
            split_word_of(table) == "trainval" &&
            std::any_of(info_.splits.begin(), info_.splits.end(), [](auto& one) { return one.name == "val"; });
        const std::string named = both ? std::string() : split_in_name(fs::path(table).filename().string());
        bool told = false;
        for (const auto& [split, begin, end] : info_.splits) {
            if (names_split(table) || split == named) {
                read(existing_table(with_split(table, split), root_), column, begin, end);
                told = true;
            }
        }
        if (!told) {
            read(existing_table(table, root_), column, 0, static_cast<std::int64_t>(names_.size()));
        }
        Labels labels = labels_of_texts(texts_, table, Meaning::classes);
        info_.labels = std::move(labels.values);
        info_.classes = std::move(labels.classes);
    }

  private:
    /// One table for the images [begin, end).
    void read(const std::string& path, const std::string& column, std::int64_t begin, std::int64_t end) {
        const std::vector<CsvRow> rows = read_csv(path);
        const TableColumn place = find_column(path, rows, column);
        const std::vector<std::string> names(names_.begin() + begin, names_.begin() + end);
        use_table(info_, root_, path);
        const RowMatch match = rows_of_images(path, rows, place, names);
        if (!match.named_by.empty()) {
            info_.notes.push_back(match.text(path, names.front().empty() ? "numbered" : "named"));
        }
        for (std::size_t i = 0; i < names.size(); ++i) {
            const std::size_t row = match.rows[i];
            if (row == RowMatch::kNone) {
                info_.left_out.add(fmt::format("images without a row in {}: they have no label", path), names[i]);
            } else {
                texts_[static_cast<std::size_t>(begin) + i] = rows[row].cell(place.column);
            }
        }
        count_rows(path, "image", rows, place.first_row, match, info_.left_out);
    }

    SourceInfo& info_;
    const std::string& root_;
    std::vector<std::string> names_; ///< of all images
    std::vector<std::string> texts_; ///< what tables say of them
};

/// Where all images have the class of their folder: tables that could say another.
void note_other_tables(SourceInfo& info, const std::string& root, const std::vector<UnlabelledImage>& images) {
    std::vector<SourceTable> tables = info.tables;
    std::erase_if(tables, [](const SourceTable& table) { // a .txt may list boxes and the like
        return lower_case(fs::path(table.path).extension().string()) == ".txt";
    });
    for (const TableGuess& guess : guess_tables(root, tables, images, {})) {
        const std::string table = one_line(fs::path(guess.path).lexically_relative(root).string());
        info.notes.push_back(guess.labels.empty()
                                 ? guess.note
                                 : fmt::format("{}: seems to hold labels too, but images have the classes of their "
                                               "folders; --labels {}:COLUMN takes them from the table",
                                               table, table));
    }
}

/// For images without a label: tables beside them.
void guess_labels(ImageSource& source, const std::string& root) {
    SourceInfo& info = source.info;
    if (source.key(0).empty() || !fs::is_directory(root)) {
        for (std::string& note : notes_of_tables_beside(root, info, names_of(source))) {
            info.notes.push_back(std::move(note));
        }
        return;
    }
    if (info.tables.empty()) {
        return;
    }
    std::vector<UnlabelledImage> images;
    std::vector<UnlabelledImage> all;
    std::vector<std::string> texts;
    for (const auto& [split, begin, end] : info.splits) {
        for (std::int64_t image = begin; image < end; ++image) {
            const std::int32_t label = info.labels[texts.size()];
            all.push_back({texts.size(), split, source.key(image)});
            if (label < 0) {
                images.push_back(all.back());
            }
            texts.push_back(label < 0 ? std::string() : info.classes.at(static_cast<std::size_t>(label)));
        }
    }
    if (images.empty()) {
        return note_other_tables(info, root, all);
    }
    bool told = false;
    for (const TableGuess& guess : guess_tables(root, info.tables, images, info.classes)) {
        info.notes.push_back(guess.note);
        for (const auto& [image, text] : guess.labels) {
            texts[image] = text.empty() ? texts[image] : text; // another table may say it
        }
        if (!guess.labels.empty()) {
            use_table(info, root, guess.path);
            info.left_out.add(guess.left_out);
            told = true;
        }
    }
    if (told) { // the source's own classes have names, even where these are digits
        Labels labels = info.classes.empty() ? labels_of_texts(texts, root, Meaning::classes)
                                             : labels_of_names(texts, info.classes);
        info.labels = std::move(labels.values);
        info.classes = std::move(labels.classes);
    }
}

} // namespace

std::unique_ptr<ImageSource> with_labels(std::unique_ptr<ImageSource> source, const ImportOptions& options) {
    if (source->info.kind == "hdf5") { // which reads them itself
        if (options.labels.empty() && source->info.classes.empty()) {
            guess_labels(*source, options.path);
        }
        return source;
    }
    source = with_splits(std::move(source), options);
    SourceInfo& info = source->info;
    if (options.labels.empty()) {
        guess_labels(*source, options.path);
    } else if (options.labels == "none") {
        info.labels.assign(info.labels.size(), -1);
        info.classes.clear();
    } else if (const auto table = table_and_column(options.labels)) {
        TableReading(*source, options.path).run(table->first, table->second);
    } else if (info.kind != "npz" && info.kind != "npy" && info.kind != "webdataset") { // which know their labels
        throw ConfigError(
            fmt::format("--labels {}: takes TABLE:COLUMN, where TABLE is a .csv, .tsv or .txt file, or none",
                        one_line(options.labels)));
    }
    leave_out_tables(info);
    return source;
}

} // namespace tacit::shards
