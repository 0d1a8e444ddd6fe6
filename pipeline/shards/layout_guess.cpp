// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/layout_guess.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/axes.hpp"
#include "pipeline/shards/foreign_index.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/listing.hpp"
#include "pipeline/shards/label_guess.hpp"
#include "pipeline/shards/shard_files.hpp"
#include "pipeline/shards/shard_index.hpp"
#include "pipeline/shards/split_siblings.hpp"
#include "pipeline/shards/split_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace tacit::shards {
namespace {

/// The file of one split among those that `spec` names. Throws as index_file().
FileIndex index_of_split(const DataSpec& spec, const std::string& split) {
    DataSpec one = spec;
    one.images = with_split(spec.images, split);
    one.labels = with_split(spec.labels, split);
    return index_file(with_split(spec.path, split), one, "");
}

bool is_below(const std::string& name, const std::string& group) {
    return group == "/" || name.starts_with(group + "/");
}

class Guesser {
  public:
    explicit Guesser(const std::string& path) : path_(path), file_(h5::open_file(path)) {
        sets_ = h5::list_datasets(file_.get());
        siblings_ = split_siblings(path);
        made_.spec.path = path;
    }

    LayoutGuess run() {
        if (!find_usual() && !find_unusual()) {
            return std::move(made_);
        }
        if (!ours_ && !made_.reason.empty()) {
            made_.notes.push_back("not taken: " + made_.reason);
        }
        name_axes();
        find_labels();
        name_others();
        name_siblings();
        describe();
        return std::move(made_);
    }

  private:
    /// Keeps the first reason for which nothing can be read.
    std::optional<FileIndex> tried(const DataSpec& spec, const std::string& split) {
        try {
            return index_file(path_, spec, split);
        } catch (const Error& error) {
            made_.reason = made_.reason.empty() ? error.what() : made_.reason;
            return std::nullopt;
        }
    }

    /// By the names that the reader looks for itself.
    bool find_usual() {
        DataSpec spec = made_.spec;
        spec.labels = "none";
        const bool ours = h5::has_attribute(file_.get(), "tacit_format", path_);
        for (const char* split : {"", "test", "val", "valid"}) { // "": the one split, or train
            if (!ours && !guess_names(file_.get(), *split == '\0' ? "train" : split)) {
                continue;
            }
            if (const auto index = tried(spec, split)) {
                found_.emplace(index->split, *index);
            }
        }
        ours_ = ours;
        return !found_.empty();
    }

    bool find_unusual() {
        for (const std::string& name : h5::image_candidates(sets_)) {
            DataSpec spec = made_.spec;
            spec.images = name;
            spec.labels = "none";
            if (name == "climate/data") { // DeepCAM: one image a file, channels last
                spec.axes = "HWC";
            }
            if (const auto index = tried(spec, "train")) {
                made_.spec.images = name;
                found_.emplace("train", *index);
                return true;
            }
        }
        return false;
    }

    const FileIndex& first() const {
        const auto train = found_.find("train");
        return train != found_.end() ? train->second : found_.begin()->second;
    }

    /// The data set or group that holds the images of a split.
    std::string images_of(const std::string& split) const {
        const auto names = guess_names(file_.get(), split);
        return !made_.spec.images.empty() ? made_.spec.images : names ? names->images : "";
    }

    bool is_group(const std::string& name) const {
        return h5::shape_of(h5::locate(path_, name, made_.spec.roots).object.get()) == h5::Shape::group;
    }

    void name_axes() {
        const ImagePart& part = first().parts.front();
        if (ours_ || !part.array || is_group(images_of(first().split))) {
            return; // the reader guesses the axes of each image of a group by itself
        }
        const bool alone = std::any_of(sets_.begin(), sets_.end(), [&](const h5::ListedSet& set) {
            return set.name == part.array->dataset && set.shape.size() < part.axes.size();
        });
        made_.spec.axes = part.axes.substr(alone ? 1 : 0);
    }

    LabelGuess labels_for(std::uint64_t images) const {
        const auto names = guess_names(file_.get(), first().split);
        return guess_labels(path_, siblings_ ? siblings_->pattern : "", made_.spec,
                            names && made_.spec.images.empty() ? names->labels : "", static_cast<std::int64_t>(images));
    }

    /// Labels for every entry of another dimension say that it is the one that counts images.
    void count_by_labels() {
        const ImagePart& part = first().parts.front();
        const auto set = std::find_if(sets_.begin(), sets_.end(), [&](const h5::ListedSet& one) {
            return part.array && one.name == part.array->dataset;
        });
        if (set == sets_.end() || made_.spec.axes.empty()) {
            return;
        }
        for (const hsize_t images : {set->shape.back(), set->shape.front()}) {
            DataSpec spec = made_.spec;
            spec.axes =
                Axes::guess_counted({set->shape.begin(), set->shape.end()}, images, h5::written_by_matlab(path_));
            LabelGuess labels = spec.axes.empty() ? LabelGuess{} : labels_for(images);
            spec.labels = labels.key;
            if (labels.found && tried(spec, first().split)) {
                made_.spec.axes = spec.axes;
                labels_ = std::move(labels);
                return;
            }
        }
    }

    void find_labels() {
        if (ours_) {
            return;
        }
        labels_ = labels_for(static_cast<std::uint64_t>(first().count));
        if (!labels_.found) {
            count_by_labels();
        }
        made_.notes.insert(made_.notes.end(), labels_.notes.begin(), labels_.notes.end());
        made_.spec.labels = labels_.key;
        for (auto& [name, index] : found_) {
            if (auto again = tried(made_.spec, name)) {
                index = std::move(*again);
            }
        }
    }

    void name_other_labels() {
        std::vector<std::string> taken{made_.spec.labels};
        for (const auto& [split, index] : found_) {
            const auto names = guess_names(file_.get(), split);
            taken.push_back(made_.spec.labels.empty() && names ? names->labels : "");
        }
        const std::string others = other_labels(path_, sets_, first().count, taken);
        if (!others.empty()) {
            made_.notes.push_back("other labels that data.labels may name: " + others);
        }
    }

    void name_others() {
        if (ours_) {
            return;
        }
        const auto taken = [&](const std::string& name) {
            return std::any_of(found_.begin(), found_.end(), [&](const auto& split) {
                const ImagePart& part = split.second.parts.front();
                const std::string images = images_of(split.first);
                return name == images || is_below(name, images) || (part.array && name == part.array->dataset);
            });
        };
        std::string others;
        int count = 0;
        for (const h5::ListedSet& set : sets_) {
            constexpr int kShown = 6;
            if (set.kind == h5::Shape::pixels && !taken(set.name) && ++count <= kShown) {
                others += fmt::format("{}'{}' {}", others.empty() ? "" : ", ", set.name, h5::shape_text(set.shape));
            }
        }
        if (count > 0) {
            made_.notes.push_back(fmt::format("other arrays that data.images may name: {}{}", others,
                                              count > 6 ? fmt::format(" and {} more", count - 6) : ""));
        }
        name_other_labels();
    }

    /// Splits that lie in a file each.
    void name_siblings() {
        if (found_.size() > 1 || !siblings_ || ours_) {
            return;
        }
        DataSpec spec = made_.spec;
        spec.path = siblings_->pattern;
        spec.labels = labels_.pattern;
        std::map<std::string, FileIndex> together;
        for (const std::string& split : {siblings_->train, siblings_->test}) {
            try {
                together.emplace(split, index_of_split(spec, split));
            } catch (const Error& error) {
                made_.notes.push_back(fmt::format("not taken as split '{}': {}", split, error.what()));
                return;
            }
        }
        made_.spec = spec;
        found_ = std::move(together);
        made_.train = siblings_->train;
        made_.test = siblings_->test;
    }

    void describe() {
        for (const auto& [name, index] : found_) {
            made_.splits.push_back({name, split_text(index, name)});
        }
        if (made_.train.empty()) {
            choose_splits(made_);
        }
        made_.reason.clear();
    }

    const std::string& path_;
    h5::Session session_;
    h5::Handle file_;
    bool ours_ = false; ///< a shard that Tacit wrote
    std::vector<h5::ListedSet> sets_;
    std::optional<SplitSiblings> siblings_;
    std::map<std::string, FileIndex> found_; ///< by split
    LabelGuess labels_;
    LayoutGuess made_;
};

} // namespace

LayoutGuess guess_layout(const std::string& path) {
    return Guesser(path).run();
}

} // namespace tacit::shards
