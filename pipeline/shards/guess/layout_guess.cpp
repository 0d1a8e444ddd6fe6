// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/guess/layout_guess.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/files_beside.hpp"
#include "pipeline/shards/format/shard_files.hpp"
#include "pipeline/shards/format/shard_index.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/guess/numbered_names.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/groups/cells.hpp"
#include "pipeline/shards/hdf5/groups/sample_groups.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/listing.hpp"
#include "pipeline/shards/import/left_out.hpp"
#include "pipeline/shards/index/dataset_index.hpp"
#include "pipeline/shards/index/foreign_index.hpp"
#include "pipeline/shards/labels/label_sets.hpp"
#include "pipeline/shards/read/axes.hpp"
#include "pipeline/shards/splits/split_names.hpp"
#include "pipeline/shards/splits/split_siblings.hpp"
#include "pipeline/shards/splits/split_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

bool is_below(const std::string& name, const std::string& group) {
    return group == "/" || name.starts_with(group + "/");
}

/// Names in `made`, by their usual names, the splits to train and to evaluate on; there is one at least.
void choose_splits(LayoutGuess& made) {
    const auto named = [&](const char* meaning) {
        const auto found = std::find_if(made.splits.begin(), made.splits.end(),
                                        [&](const auto& split) { return split_in_name(split.name) == meaning; });
        return found == made.splits.end() ? std::string() : found->name;
    };
    const std::string train = named("train");
    made.train = train.empty() ? made.splits.front().name : train;
    const std::string test = named("test").empty() ? named("val") : named("test");
    made.test = test == made.train ? "" : test;
}

class Guesser {
  public:
    Guesser(const std::string& path, Beside beside) : path_(path), beside_(beside), file_(h5::open_file(path)) {
        made_.spec.path = path;
    }

    LayoutGuess run() {
        if (h5::has_attribute(file_.get(), "tacit_format", path_)) {
            const FileIndex index = index_file(path_, made_.spec, "");
            made_.splits.push_back({index.split, split_text({index}, index.split)});
            choose_splits(made_);
            return std::move(made_);
        }
        find();
        if (readings_.empty()) {
            return std::move(made_);
        }
        for (const auto& [split, reading] : readings_) {
            made_.splits.push_back({split, split_text({reading.index}, split)});
        }
        choose_splits(made_);
        take();
        name_others();
        if (readings_.size() == 1 && beside_ != Beside::none) {
            name_files_beside(path_, first().index.count, beside_, made_);
        }
        made_.reason.clear();
        return std::move(made_);
    }

  private:
    /// Every split that names tell of, else the one that is there, else the likeliest images that can be read.
    void find() {
        for (const SplitSpelling& spelling : kSplitSpellings) {
            const std::string split(spelling.word);
            if (guess_names(file_.get(), split)) {
                add(made_.spec, split);
            }
        }
        if (readings_.empty()) {
            add(made_.spec, "");
        }
        for (const std::string& name : h5::image_candidates(h5::list_datasets(file_.get()))) {
            if (readings_.empty()) {
                DataSpec spec = made_.spec;
                spec.images = name;
                add(spec, "");
            }
        }
        if (readings_.size() == 1 && !readings_.begin()->second.usual_images) {
            add_siblings(readings_.begin()->second);
        }
    }

    std::optional<SplitSiblings> siblings_of(const std::string& name) const {
        return split_siblings(name, 0, [&](const std::string& other) { return h5::has_object(file_.get(), other); });
    }

    /// Where the name of the likeliest images has a word for a split, those of others.
    void add_siblings(const ForeignReading likeliest) { // NOLINT: a copy, as it gives way
        const auto siblings = siblings_of(likeliest.spec.images);
        if (!siblings) {
            return;
        }
        readings_.clear();
        DataSpec spec = made_.spec;
        spec.images = siblings->pattern;
        add(spec, siblings->train);
        add(spec, siblings->test);
        if (readings_.size() == 2) {
            pattern_ = siblings->pattern;
            readings_.at(siblings->train).doubts = likeliest.doubts;
        } else {
            readings_ = {{likeliest.index.split, likeliest}};
        }
    }

    /// Keeps the first reason for which nothing can be read.
    void add(const DataSpec& spec, const std::string& split) {
        try {
            ForeignReading reading = read_foreign(path_, spec, split);
            const std::string name = reading.index.split;
            readings_.emplace(name, std::move(reading));
        } catch (const Error& error) {
            made_.reason = made_.reason.empty() ? error.what() : made_.reason;
        }
    }

    const ForeignReading& first() const { return readings_.at(made_.train); }

    /// What the section must say: not what every reader finds by itself, but for the axes.
    void take() {
        const ForeignReading& reading = first();
        const bool by_itself = reading.usual_labels && (reading.usual_images || reading.spec.labels != "group");
        made_.spec.images = reading.usual_images && reading.doubts.empty() ? ""
                            : pattern_.empty()                             ? reading.spec.images
                                                                           : pattern_;
        made_.spec.labels = reading.open_labels ? "none" : by_itself ? "" : reading.spec.labels;
        if (const auto siblings = siblings_of(made_.spec.labels); siblings && !pattern_.empty()) {
            made_.spec.labels = siblings->pattern;
        }
        made_.spec.axes = reading.spec.axes;
        made_.notes = reading.notes;
        made_.notes.insert(made_.notes.end(), reading.doubts.begin(), reading.doubts.end());
        made_.notes.insert(made_.notes.end(), reading.index.notes.begin(), reading.index.notes.end());
        if (!reading.order.empty() && reading.spec.labels != "group") {
            made_.notes.push_back("images are in the order of " + reading.order);
        }
        if (!made_.reason.empty()) {
            made_.notes.push_back("not taken: " + made_.reason);
        }
    }

    bool is_taken(const h5::ListedSet& set) const {
        return h5::belongs_to_cells(set.name) ||
               std::any_of(readings_.begin(), readings_.end(), [&](const auto& split) {
                   const std::string& images = split.second.spec.images;
                   return set.name == images || is_below(set.name, images) || h5::in_sample(set.name, images);
               });
    }

    void name_others() {
        std::vector<std::string> others;
        for (const h5::ListedSet& set : h5::list_datasets(file_.get())) {
            if (set.kind == h5::Shape::pixels && !is_taken(set)) {
                others.push_back(fmt::format("'{}' {}", set.name, h5::shape_text(set.shape)));
            }
        }
        if (!others.empty()) {
            made_.notes.push_back("other arrays that data.images may name: " + first_few(others, others.size()));
        }
        std::vector<std::string> taken;
        for (const auto& [split, reading] : readings_) {
            taken.push_back(reading.spec.labels);
        }
        const std::string labels = other_labels(path_, first().index.count, taken, first().lists);
        if (!labels.empty()) {
            made_.notes.push_back("other labels that data.labels may name: " + labels);
        }
    }

    const std::string& path_;
    Beside beside_;
    h5::Session session_;
    h5::Handle file_;
    std::map<std::string, ForeignReading> readings_; ///< by split
    std::string pattern_;                            ///< of images without a usual name
    LayoutGuess made_;
};

} // namespace

LayoutGuess guess_layout(const std::string& path) {
    return Guesser(path, Beside::any).run();
}

LayoutGuess guess_folder(const std::string& folder) {
    LayoutGuess made;
    const std::vector<std::string> splits = splits_in(folder);
    const bool told = splits.size() > 1 && std::all_of(splits.begin(), splits.end(), [](const std::string& split) {
                          return !split_of_word(split).empty();
                      });
    const Beside beside = told ? Beside::none : Beside::folder;
    for (const std::string& split : splits) {
        LayoutGuess one = Guesser(shard_files(folder, split).front(), beside).run();
        if (names_split(one.spec.path) || is_pattern(one.spec.path)) { // words for splits, or images, in longer names
            return one;
        }
        if (!one.splits.empty() && made.splits.empty()) {
            made = one;
            made.splits.clear();
        }
        if (!one.splits.empty()) {
            const std::string& text = one.splits.front().text;
            made.splits.push_back({split, fmt::format("split '{}'{}", split, text.substr(text.find(':')))});
        } else {
            made.reason = made.reason.empty() ? one.reason : made.reason;
        }
    }
    made.spec.path = folder;
    if (!made.splits.empty()) {
        made.reason.clear();
        choose_splits(made);
    }
    return made;
}

} // namespace tacit::shards
