// SPDX-License-Identifier: Apache-2.0
#include "eval/split_labels.hpp"

#include "eval/solvers/label_draw.hpp"
#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace tacit::eval {

namespace {

constexpr std::size_t kNamed = 5; // classes named in a sentence

std::string place_of(const shards::Dataset& dataset) {
    return fmt::format("{}: split '{}'", dataset.info().path, dataset.info().split);
}

/// As class_sizes(); throws DataError that says where labels come from.
std::vector<std::int64_t> sizes_of(const shards::Dataset& dataset) {
    const std::vector<std::int32_t>& labels = dataset.labels();
    if (std::none_of(labels.begin(), labels.end(), [](std::int32_t label) { return label >= 0; })) {
        throw DataError(
            fmt::format("{} has no labels, by which probe, kNN and fine-tune judge; name them (data.labels, "
                        "or import the images with labels), or judge by labelled data with --data PATH",
                        place_of(dataset)));
    }
    return class_sizes(labels);
}

std::int64_t total(const std::vector<std::int64_t>& sizes) {
    return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
}

void note_unlabelled(const shards::Dataset& dataset, std::int64_t labelled, std::vector<std::string>& notes) {
    const std::int64_t images = dataset.info().size;
    if (labelled < images) {
        notes.push_back(fmt::format("{}: {} of {} images have no label and are left out", place_of(dataset),
                                    images - labelled, images));
    }
}

} // namespace

std::string class_text(const shards::DatasetInfo& info, std::int64_t label) {
    const auto at = static_cast<std::size_t>(label);
    return at < info.classes.size() ? info.classes[at] : fmt::format("class {}", label);
}

std::string class_list(const shards::DatasetInfo& info, const std::vector<std::int64_t>& which,
                       const std::vector<std::int64_t>& sizes) {
    std::string text;
    for (std::size_t i = 0; i < std::min(kNamed, which.size()); ++i) {
        const std::int64_t label = which[i];
        text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", class_text(info, label),
                            sizes.at(static_cast<std::size_t>(label)));
    }
    return which.size() > kNamed ? fmt::format("{} and {} more", text, which.size() - kNamed) : text;
}

std::vector<std::string> label_notes(const shards::Dataset& train, const shards::Dataset& test) {
    const std::vector<std::int64_t> known = sizes_of(train);
    const std::vector<std::int64_t> judged = sizes_of(test);
    const auto classes = std::count_if(known.begin(), known.end(), [](std::int64_t size) { return size > 0; });
    if (classes == 1) {
        const auto only = std::max_element(known.begin(), known.end()) - known.begin();
        throw DataError(fmt::format("{} has one class only ({}), so there is nothing to tell apart; give labels of two "
                                    "classes or more (data.labels, or --data PATH)",
                                    place_of(train), class_text(train.info(), only)));
    }
    std::vector<std::int64_t> strange;
    std::int64_t lost = 0;
    for (std::size_t c = 0; c < judged.size(); ++c) {
        if (judged[c] > 0 && (c >= known.size() || known[c] == 0)) {
            strange.push_back(static_cast<std::int64_t>(c));
            lost += judged[c];
        }
    }
    const std::string names = class_list(test.info(), strange, judged);
    if (lost == total(judged)) {
        throw DataError(fmt::format("{} has no class in common with split '{}': {}; name the classes alike in both",
                                    place_of(test), train.info().split, names));
    }
    std::vector<std::string> notes;
    note_unlabelled(train, total(known), notes);
    note_unlabelled(test, total(judged), notes);
    if (!strange.empty()) {
        notes.push_back(fmt::format("{} has classes that split '{}' lacks: {}; these {} of {} test images count as "
                                    "never right",
                                    place_of(test), train.info().split, names, lost, total(judged)));
    }
    return notes;
}

} // namespace tacit::eval
