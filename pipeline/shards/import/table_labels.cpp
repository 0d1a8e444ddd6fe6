// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/table_labels.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/import/table_guess.hpp"
#include "pipeline/shards/labels.hpp"
#include "pipeline/shards/row_search.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

/// A source whose labels come from elsewhere.
class Relabelled final : public ImageSource {
  public:
    explicit Relabelled(std::unique_ptr<ImageSource> source)
        : source_(std::move(source)), notes_(source_->notes()), files_(source_->files()) {}

    /// Labels of all images of all splits, split by split in the order of splits().
    void label_with(const Labels& labels) {
        classes_ = labels.classes;
        auto next = labels.values.begin();
        for (const std::string& split : splits()) {
            const auto end = next + static_cast<std::ptrdiff_t>(size(split));
            labels_[split].assign(next, end);
            next = end;
        }
    }
    void note(std::string line) { notes_.push_back(std::move(line)); }
    void note_table(const std::string& path) {
        files_.push_back(path);
        source_->use_table(path);
    }
    LeftOutList& left_out_list() { return left_out_; }

    std::string kind() const override { return source_->kind(); }
    std::vector<std::string> splits() const override { return source_->splits(); }
    std::int64_t size(const std::string& split) const override { return source_->size(split); }
    std::vector<std::string> classes() const override { return classes_; }
    std::vector<std::string> files() const override { return files_; }
    bool encoded() const override { return source_->encoded(); }
    augment::ImageShape shape() const override { return source_->shape(); }
    Element element() const override { return source_->element(); }
    bool describes_files() const override { return source_->describes_files(); }
    std::vector<double> value_range() const override { return source_->value_range(); }
    LeftOutList left_out() const override {
        LeftOutList all = source_->left_out();
        all.add(left_out_);
        return all;
    }
    std::vector<std::string> notes() const override { return notes_; }
    void read(const std::string& split, std::int64_t index, SourceImage& out) const override {
        source_->read(split, index, out);
    }
    void read_head(const std::string& split, std::int64_t index, std::size_t bytes, SourceImage& out) const override {
        source_->read_head(split, index, bytes, out);
    }
    std::int32_t label(const std::string& split, std::int64_t index) const override {
        const auto found = labels_.find(split);
        return found == labels_.end() ? -1 : found->second.at(static_cast<std::size_t>(index));
    }
    std::uint64_t id(const std::string& split, std::int64_t index) const override { return source_->id(split, index); }
    std::string name(const std::string& split, std::int64_t index) const override {
        return source_->name(split, index);
    }
    std::string key(const std::string& split, std::int64_t index) const override { return source_->key(split, index); }

  private:
    std::unique_ptr<ImageSource> source_;
    std::map<std::string, std::vector<std::int32_t>> labels_;
    std::vector<std::string> classes_;
    LeftOutList left_out_;
    std::vector<std::string> notes_;
    std::vector<std::string> files_;
};

/// Where the images of each split stand among all.
std::map<std::string, std::pair<std::size_t, std::size_t>> places_of(const ImageSource& source) {
    std::map<std::string, std::pair<std::size_t, std::size_t>> places;
    std::size_t at = 0;
    for (const std::string& split : source.splits()) {
        const auto end = at + static_cast<std::size_t>(source.size(split));
        places[split] = {at, end};
        at = end;
    }
    return places;
}

std::string existing_table(const std::string& path, const std::string& source) {
    return existing_file(path, fs::is_directory(source) ? source : fs::path(source).parent_path().string());
}

/// Reads one table for the images [begin, end).
class TableReading {
  public:
    TableReading(Relabelled& made, const std::vector<std::string>& keys, std::vector<std::string>& texts)
        : made_(made), keys_(keys), texts_(texts) {}

    void read(const std::string& path, const std::string& column, std::size_t begin, std::size_t end) {
        const std::vector<CsvRow> rows = read_csv(path);
        const TableColumn place = find_column(path, rows, column);
        const std::size_t wanted = place.column;
        const std::vector<std::string> names(keys_.begin() + static_cast<std::ptrdiff_t>(begin),
                                             keys_.begin() + static_cast<std::ptrdiff_t>(end));
        made_.note_table(path);
        const std::vector<std::size_t> order = rows_of(path, rows, place, names);
        std::vector<bool> used(rows.size(), false);
        for (std::size_t i = 0; i < order.size(); ++i) {
            const std::size_t row = order[i];
            if (row == RowMatch::kNone) {
                made_.left_out_list().add(fmt::format("images without a row in {}: they have no label", path),
                                          names[i]);
                continue;
            }
            used[row] = true;
            const std::vector<std::string>& cells = rows[row].cells;
            texts_[begin + i] = wanted < cells.size() ? cells[wanted] : std::string();
        }
        for (std::size_t row = place.first_row; row < rows.size(); ++row) {
            if (!used[row]) {
                made_.left_out_list().add(fmt::format("rows of {} that fit no image", path),
                                          fmt::format("line {}", rows[row].line));
            }
        }
    }

  private:
    std::vector<std::size_t> rows_of(const std::string& path, const std::vector<CsvRow>& rows, const TableColumn& place,
                                     const std::vector<std::string>& names) {
        if (names.front().empty()) { // images without names: row by row
            std::vector<std::size_t> order;
            for (std::size_t row = place.first_row; row < rows.size(); ++row) {
                order.push_back(row);
            }
            if (order.size() != names.size()) {
                throw DataError(fmt::format("{}: has {} rows for {} images", path, order.size(), names.size()));
            }
            return order;
        }
        RowMatch match = match_rows(path, rows, place, names);
        if (match.found == 0) {
            throw DataError(fmt::format("{}: no row fits an image: images have names such as '{}', rows hold '{}'",
                                        path, one_line(names.front()), one_line(rows.back().cells.front())));
        }
        made_.note(fmt::format("{}: images are named by column {}", path, one_line(match.named_by, 40)));
        return std::move(match.rows);
    }

    Relabelled& made_;
    const std::vector<std::string>& keys_;
    std::vector<std::string>& texts_;
};

std::vector<std::string> keys_of(const ImageSource& source) {
    std::vector<std::string> keys;
    for (const std::string& split : source.splits()) {
        for (std::int64_t i = 0; i < source.size(split); ++i) {
            keys.push_back(source.key(split, i));
        }
    }
    return keys;
}

std::unique_ptr<ImageSource> told_labels(std::unique_ptr<ImageSource> source, const ImportOptions& options,
                                         const std::string& table, const std::string& column) {
    const std::vector<std::string> keys = keys_of(*source);
    std::vector<std::string> texts(keys.size());
    const auto places = places_of(*source);
    auto made = std::make_unique<Relabelled>(std::move(source));
    TableReading reading(*made, keys, texts);
    const std::string named = split_in_name(fs::path(table).filename().string());
    if (names_split(table)) {
        for (const auto& [split, place] : places) {
            reading.read(existing_table(with_split(table, split), options.source), column, place.first, place.second);
        }
    } else if (places.contains(named)) {
        reading.read(existing_table(table, options.source), column, places.at(named).first, places.at(named).second);
    } else {
        reading.read(existing_table(table, options.source), column, 0, keys.size());
    }
    made->label_with(labels_of_texts(texts, table, Meaning::classes));
    return made;
}

/// For images without a label: tables beside them.
std::unique_ptr<ImageSource> guessed_labels(std::unique_ptr<ImageSource> source, const std::string& root) {
    std::vector<UnlabelledImage> images;
    std::vector<std::string> texts;
    Labels labels{{}, source->classes()};
    const std::vector<std::string>& classes = labels.classes;
    for (const std::string& split : source->splits()) {
        for (std::int64_t i = 0; i < source->size(split); ++i) {
            const std::int32_t label = source->label(split, i);
            if (label < 0) {
                images.push_back({texts.size(), split, source->key(split, i)});
            }
            labels.values.push_back(label);
            texts.push_back(label < 0 ? std::string() : classes.at(static_cast<std::size_t>(label)));
        }
    }
    std::vector<TableGuess> guesses;
    if (!images.empty()) {
        guesses = guess_tables(root, source->tables(), images, classes);
    }
    if (guesses.empty()) {
        return source;
    }
    auto made = std::make_unique<Relabelled>(std::move(source));
    bool told = false;
    for (const TableGuess& guess : guesses) {
        made->note(guess.note);
        for (const auto& [image, text] : guess.labels) {
            texts[image] = text;
        }
        if (!guess.labels.empty()) {
            made->note_table(guess.path);
            told = true;
        }
    }
    if (told) { // the source's own classes have names, even where these are digits
        labels =
            classes.empty() ? labels_of_texts(texts, root, Meaning::classes) : labels_of_names(texts, labels.classes);
    }
    made->label_with(labels);
    return made;
}

} // namespace

std::unique_ptr<ImageSource> with_labels(std::unique_ptr<ImageSource> source, const ImportOptions& options) {
    if (source->kind() == "hdf5") { // which reads them itself
        return source;
    }
    if (options.labels.empty()) {
        return source->tables().empty() ? std::move(source) : guessed_labels(std::move(source), options.source);
    }
    if (options.labels == "none") {
        return std::make_unique<Relabelled>(std::move(source));
    }
    const auto table = table_and_column(options.labels);
    if (!table) {
        throw ConfigError(
            fmt::format("--labels {}: takes TABLE:COLUMN, where TABLE is a .csv, .tsv or .txt file, or none",
                        one_line(options.labels)));
    }
    return told_labels(std::move(source), options, table->first, table->second);
}

} // namespace tacit::shards
