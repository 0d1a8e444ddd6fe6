// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/inspect.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/shards/data_section.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/format/shard_files.hpp"
#include "pipeline/shards/guess/layout_guess.hpp"
#include "pipeline/shards/guess/range_guess.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/import/tables/table_labels.hpp"
#include "pipeline/shards/splits/split_text.hpp"
#include "pipeline/shards/stage/read_cost.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

std::string section_of(const LayoutGuess& guess, const RangeGuess& range) {
    std::string text = "data:\n";
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty()) {
            text += fmt::format("  {}: {}\n", key, yaml_text(value));
        }
    };
    add("path", guess.spec.path);
    add("train", guess.train);
    add("test", guess.test);
    add("images", guess.spec.images);
    add("labels", guess.spec.labels);
    add("axes", guess.spec.axes);
    if (!range.range.empty()) {
        text += fmt::format("  range: [{}]{}\n", fmt::join(range.range, ", "),
                            range.origin.empty() ? "" : "  # " + range.origin);
    }
    return text;
}

/// Why an image cannot be read; empty: it can.
std::string damage_of(const Dataset& dataset, std::int64_t block, SampleBuffer& buffer) {
    try {
        Block loaded;
        dataset.load(block, loaded, buffer.scratch);
        dataset.values(loaded, dataset.block_starts()[static_cast<std::size_t>(block)], buffer);
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

/// Reads an image of the first, the middle and the last block. Notes damage; false: none can be read.
bool can_be_read(const Dataset& dataset, const std::string& path, Inspection& result) {
    const auto last = static_cast<std::int64_t>(dataset.block_starts().size()) - 2;
    SampleBuffer buffer;
    std::string first;
    bool any = false;
    for (const std::int64_t block : std::set<std::int64_t>{0, last / 2, last}) {
        const std::string damage = damage_of(dataset, block, buffer);
        any = any || damage.empty();
        first = first.empty() ? damage : first;
    }
    if (!any) {
        result.guess += fmt::format("\nbut the images that were tried cannot be read: {}; restore the file, or name "
                                    "other images with data.images",
                                    first);
    } else if (!first.empty()) {
        result.notes.push_back(fmt::format("{}; `tacit data verify {}` lists all damage", first, path));
    }
    return any;
}

void measure(const Dataset& dataset, const DatasetIndex& index, double seconds, Inspection& result) {
    try {
        const std::vector<std::string> measured = cost_lines(measure_read_cost(dataset, index, seconds));
        result.cost.insert(result.cost.end(), measured.begin(), measured.end());
    } catch (const Error& error) {
        result.notes.push_back(
            fmt::format("not measured: {}; `tacit data verify {}` lists all damage", error.what(), index.path));
    }
}

/// Opens what the guess names and reads some images, so that no section is printed that does not work. `open_labels`:
/// what opening warns of the labels of the training split, which the notes of the guess say in other words.
void prove(LayoutGuess guess, const InspectOptions& options, Inspection& result, std::string& open_labels) {
    DatasetIndex index;
    std::string problem;
    for (FoundSplit& split : guess.splits) {
        try {
            DatasetIndex found = index_dataset(guess.spec, split.name);
            split.text = split_text(found.files, split.name);
            for (const FileIndex& file : found.files) {
                result.files.push_back(file.path);
            }
            if (split.name == guess.train) {
                open_labels = found.files.front().open_labels;
                index = std::move(found);
            }
        } catch (const Error& error) {
            if (split.name == guess.train) {
                problem = error.what();
            } else {
                result.notes.push_back(fmt::format("not taken as split '{}': {}", split.name, error.what()));
                guess.test = split.name == guess.test ? "" : guess.test;
            }
        }
        result.guess += (result.guess.empty() ? "" : "\n") + split.text;
    }
    if (!problem.empty()) {
        result.guess += "\nbut it cannot be read: " + problem;
        return;
    }
    try {
        const Dataset dataset{DatasetIndex(index)};
        if (!can_be_read(dataset, guess.spec.path, result)) {
            return;
        }
        const RangeGuess range = guess_range(dataset, index.files.front());
        result.data_section = section_of(guess, range);
        result.readable = true;
        result.cost = reading_lines(index);
        if (options.seconds > 0) {
            measure(dataset, index, options.seconds, result);
        }
    } catch (const Error& error) {
        result.guess += fmt::format("\nbut it cannot be read: {}", error.what());
    }
}

/// Whether a file's name says that it is none that HDF5 stands in.
bool is_named_after_import(const std::string& path) {
    return path.ends_with(".npy") || path.ends_with(".npz") || path.ends_with(".tar");
}

/// Images that are not HDF5 are imported.
Inspection inspect_source(const std::string& path) {
    ImportOptions options;
    options.path = path;
    const std::unique_ptr<ImageSource> source = with_labels(open_source(options), options);
    Inspection result;
    result.notes = source->info.notes;
    result.lines.push_back(path);
    for (const SourceSplit& split : source->info.splits) {
        result.lines.push_back(fmt::format("  split '{}': {}", split.name, counted(split.size(), "image")));
    }
    result.readable = true;
    const std::string stem = fs::path(path).lexically_normal().stem().string();
    result.guess = fmt::format(
        "no HDF5, but {} that Tacit imports (kind {}, {}): tacit data import {} "
        "--out shards/{}",
        counted(static_cast<std::int64_t>(source->info.labels.size()), "image"), source->info.kind,
        counted(static_cast<std::int64_t>(source->info.classes.size()), "class"), path, stem.empty() ? "images" : stem);
    return result;
}

void inspect_folder(const std::string& folder, const std::vector<std::string>& splits, Inspection& result) {
    for (const std::string& split : splits) {
        const std::vector<std::string> files = shard_files(folder, split);
        describe_file(files.front(), result.lines);
        if (files.size() > 1) {
            result.lines.push_back(fmt::format("(and {} more files of split '{}')", files.size() - 1, split));
        }
    }
}

} // namespace

Inspection inspect(const std::string& path, const InspectOptions& options) {
    Inspection result;
    const bool folder = fs::is_directory(path);
    const std::vector<std::string> splits = folder ? splits_in(path) : std::vector<std::string>();
    if (folder ? splits.empty() : fs::exists(path) && !h5::is_hdf5(path)) {
        try {
            return inspect_source(path);
        } catch (const Error&) {
            if (folder || is_named_after_import(path)) {
                throw;
            } // another file is most likely meant to be HDF5, and describe_file() says what is wrong with it
        }
    }
    LayoutGuess guess;
    std::string open_labels;
    const log::HeardWarnings heard(true);
    if (folder) {
        inspect_folder(path, splits, result);
        guess = guess_folder(path);
    } else {
        describe_file(path, result.lines);
        guess = guess_layout(path);
    }
    result.notes = guess.notes;
    if (guess.splits.empty()) {
        result.guess = guess.reason.empty() ? path + ": nothing in it can be images" : guess.reason;
    } else {
        prove(std::move(guess), options, result, open_labels);
    }
    const std::vector<std::string> notes = result.notes;
    for (const std::string& line : heard.lines()) { // which may say more after what a note says
        const auto says = [&](const std::string& note) { return !note.empty() && line.starts_with(note); };
        if (!says(open_labels) && std::none_of(notes.begin(), notes.end(), says)) {
            result.notes.push_back(line);
        }
    }
    return result;
}

} // namespace tacit::shards
