// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/splits/split_text.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/shards/labels/class_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace tacit::shards {
namespace {

std::string size_text(const std::vector<FileIndex>& files) {
    const augment::ImageShape& shape = files.front().shape;
    const bool same =
        std::all_of(files.begin(), files.end(), [&](const FileIndex& file) { return file.shape == shape; });
    return shape.height == 0 || !same ? "of different sizes" : fmt::format("of {} x {}", shape.height, shape.width);
}

std::string place_text(const FileIndex& index) {
    const ImagePart& part = index.parts.front();
    const std::string place = part.array ? fmt::format("'{}' read as {}", part.array->dataset, part.axes)
                                         : fmt::format("'{}'", part.items->dataset);
    return index.parts.size() == 1 ? place : fmt::format("{} and {} more", place, index.parts.size() - 1);
}

std::string classes_text(const std::vector<FileIndex>& files) {
    constexpr std::size_t kShown = 5;
    const std::vector<std::string>& classes = files.front().classes;
    if (std::string sparse = sparse_classes(images_of_classes(files), classes); !sparse.empty()) {
        return sparse;
    }
    std::string text = counted(static_cast<std::int64_t>(classes.size()), "class");
    if (classes.empty() || classes.front() == "0") { // named by their numbers
        return text;
    }
    const std::vector<std::string> shown(
        classes.begin(), classes.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, classes.size())));
    return text + fmt::format(" ({}{})", fmt::join(shown, ", "), shown.size() < classes.size() ? ", …" : "");
}

} // namespace

std::string split_text(const std::vector<FileIndex>& files, const std::string& split) {
    const FileIndex& first = files.front();
    std::int64_t images = 0;
    for (const FileIndex& file : files) {
        images += file.count;
    }
    return fmt::format("split '{}': {} {}, {} of {}, in {}{}; {}", split, counted(images, "image"), size_text(files),
                       counted(first.shape.channels, "channel"), element_name(first.element), place_text(first),
                       files.size() == 1 ? "" : fmt::format(" of {} files", files.size()), classes_text(files));
}

} // namespace tacit::shards
