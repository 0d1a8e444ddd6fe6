// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/split_text.hpp"

#include "pipeline/shards/class_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace tacit::shards {
namespace {

std::string size_text(const augment::ImageShape& shape) {
    return shape.height == 0 ? "of different sizes" : fmt::format("of {} x {}", shape.width, shape.height);
}

std::string place_text(const FileIndex& index) {
    const ImagePart& part = index.parts.front();
    const std::string place = part.array ? fmt::format("'{}' read as {}", part.array->dataset, part.axes)
                                         : fmt::format("'{}'", part.items->dataset);
    return index.parts.size() == 1 ? place : fmt::format("{} and {} more", place, index.parts.size() - 1);
}

std::string classes_text(const FileIndex& index) {
    constexpr std::size_t kShown = 5;
    const std::vector<std::string>& classes = index.classes;
    if (std::string sparse = sparse_classes(images_of_classes({index}), classes); !sparse.empty()) {
        return sparse;
    }
    std::string text = fmt::format("{} class{}", classes.size(), classes.size() == 1 ? "" : "es");
    if (classes.empty() || classes.front() == "0") { // named by their numbers
        return text;
    }
    const std::vector<std::string> shown(
        classes.begin(), classes.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, classes.size())));
    return text + fmt::format(" ({}{})", fmt::join(shown, ", "), shown.size() < classes.size() ? ", …" : "");
}

} // namespace

std::string split_text(const FileIndex& index, const std::string& split) {
    return fmt::format("split '{}': {} image{} {}, {} channel{} of {}, in {}; {}", split, index.count,
                       index.count == 1 ? "" : "s", size_text(index.shape), index.shape.channels,
                       index.shape.channels == 1 ? "" : "s", element_name(index.element), place_text(index),
                       classes_text(index));
}

} // namespace tacit::shards
