// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/label_notes.hpp"

#include "pipeline/shards/labels/class_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace tacit::shards {
namespace {

/// Images of each class of a split; the last number counts those without a label.
std::vector<std::int64_t> counts_of(const SourceInfo& source, const SourceSplit& split, std::size_t classes) {
    std::vector<std::int64_t> counts(classes + 1, 0);
    for (std::int64_t image = split.begin; image < split.end; ++image) {
        const std::int32_t label = source.label(image);
        ++counts.at(label < 0 ? classes : static_cast<std::size_t>(label));
    }
    return counts;
}

/// The names of the classes that `there` has images of and `elsewhere` has not.
std::vector<std::string> only_in(const std::vector<std::int64_t>& there, const std::vector<std::int64_t>& elsewhere,
                                 const std::vector<std::string>& classes) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        if (there[i] > 0 && elsewhere[i] == 0) {
            names.push_back(classes[i]);
        }
    }
    return names;
}

std::string class_word(std::size_t count) {
    return count == 1 ? "class" : "classes";
}

} // namespace

std::vector<std::string> label_notes(const SourceInfo& source, const std::vector<std::string>& classes) {
    std::vector<std::string> notes;
    if (classes.empty()) {
        return notes;
    }
    const SourceSplit& training = source.splits.front();
    const std::vector<std::int64_t> train = counts_of(source, training, classes.size());
    std::vector<std::int64_t> all = train;
    for (const SourceSplit& split : source.splits) {
        const std::vector<std::int64_t> counts = counts_of(source, split, classes.size());
        if (counts.back() > 0 && split.name != "unlabeled") {
            notes.push_back(
                fmt::format("split {}: {} of {} images have no label", split.name, counts.back(), split.size()));
        }
        const bool labelled = counts.back() < split.size();
        if (&split == &training || !labelled) {
            continue;
        }
        std::transform(all.begin(), all.end(), counts.begin(), all.begin(), std::plus<>());
        if (train.back() == training.size()) {
            continue;
        }
        if (const auto names = only_in(counts, train, classes); !names.empty()) {
            notes.push_back(fmt::format("split {} has {} {} that split {} has no image of: {}; what is trained on {} "
                                        "cannot know them",
                                        split.name, names.size(), class_word(names.size()), training.name,
                                        first_few(names, names.size()), training.name));
        }
        if (const auto names = only_in(train, counts, classes); !names.empty()) {
            notes.push_back(fmt::format("split {} has no image of {} {} of split {}: {}", split.name, names.size(),
                                        class_word(names.size()), training.name, first_few(names, names.size())));
        }
    }
    all.pop_back();
    if (std::string sparse = sparse_classes(all, classes); !sparse.empty()) {
        notes.push_back(std::move(sparse));
    } else if (const auto names = only_in(std::vector<std::int64_t>(classes.size(), 1), all, classes); !names.empty()) {
        notes.push_back(fmt::format("{} of {} classes {} no image: {}", names.size(), classes.size(),
                                    names.size() == 1 ? "has" : "have", first_few(names, names.size())));
    }
    return notes;
}

} // namespace tacit::shards
