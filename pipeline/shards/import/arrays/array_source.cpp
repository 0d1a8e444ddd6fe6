// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/arrays/array_source.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/guess/numbered_names.hpp"
#include "pipeline/shards/images/picture.hpp"
#include "pipeline/shards/labels/csv_table.hpp"
#include "pipeline/shards/read/strided_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace tacit::shards {
namespace {

std::uint64_t wide(int value) {
    return static_cast<std::uint64_t>(value);
}

/// Values between the first and the last of one image, both included.
std::uint64_t span_of(const StoredImages& images) {
    return wide(images.shape.height - 1) * images.row_step + wide(images.shape.width - 1) * images.column_step +
           wide(images.shape.channels - 1) * images.channel_step + 1;
}

bool is_interleaved(const StoredImages& images) {
    return images.channel_step == 1 && images.column_step == wide(images.shape.channels) &&
           images.row_step == images.column_step * wide(images.shape.width);
}

/// HWC values out of `from`, which holds one image with the strides of `images`.
void gather(const StoredImages& images, const std::uint8_t* from, std::uint8_t* to) {
    const auto [height, width, channels] = images.shape;
    const std::uint64_t value = element_bytes(images.element);
    const std::uint64_t pixel = wide(channels) * value;
    const std::array<StridedCopy::Dimension, 3> dimensions = {
        {{wide(height), images.row_step * value, wide(width) * pixel},
         {wide(width), images.column_step * value, pixel},
         {wide(channels), images.channel_step * value, value}}};
    StridedCopy(dimensions, value)(from, to);
}

void check_extent(const StoredImages& images) {
    refuse_huge(images.shape.width, images.shape.height, images.shape.channels, images.element);
    const std::uint64_t value = element_bytes(images.element);
    const std::uint64_t image = span_of(images) * value;
    const std::uint64_t size = images.store->size();
    const auto last = static_cast<std::uint64_t>(images.count - 1);
    const bool inside = images.offset <= size && image <= size - images.offset &&
                        (last == 0 || last <= (size - images.offset - image) / images.sample_step);
    if (!inside) {
        throw DataError(
            fmt::format("{}: ends at byte {}, before its {} images of {} x {} x {} {} values; it was cut off",
                        images.store->path(), size, images.count, images.shape.height, images.shape.width,
                        images.shape.channels, element_name(images.element)));
    }
}

/// "x.npy", "0.npy to 11.npy, of which 5.npy is not there".
std::string text_of(const std::vector<StoredImages>& parts) {
    std::vector<std::string> names;
    for (const StoredImages& part : parts) {
        const std::string& path = part.store->path();
        names.push_back(part.name.empty() ? path.substr(path.rfind('/') + 1) : part.name);
    }
    if (names.size() == 1) {
        return names.front();
    }
    const std::string gap = first_gap(names);
    return fmt::format("{} to {}{}", names.front(), names.back(),
                       gap.empty() ? "" : ", of which " + gap + " is not there");
}

} // namespace

StoredImages interleaved(StoredImages images) {
    images.channel_step = 1;
    images.column_step = wide(images.shape.channels);
    images.row_step = images.column_step * wide(images.shape.width);
    return images;
}

StoredImages planar(StoredImages images) {
    images.column_step = 1;
    images.row_step = wide(images.shape.width);
    images.channel_step = images.row_step * wide(images.shape.height);
    return images;
}

bool names_array(const std::string& labels) {
    return labels != "none" && !table_and_column(labels);
}

void ArraySource::check(const StoredImages& images) const {
    const std::string& path = images.store->path();
    if (images.count < 1) {
        throw DataError(fmt::format("{}: holds no images", path));
    }
    try {
        check_extent(images);
    } catch (const DataError& error) {
        const std::string what = error.what();
        throw DataError(what.starts_with(path) ? what : fmt::format("{}: {}", path, what));
    }
    if (images.shape != info.shape || images.element != info.element) {
        throw DataError(fmt::format("{}: images of {} x {} x {} {} values, the others have {} x {} x {} {}", path,
                                    images.shape.height, images.shape.width, images.shape.channels,
                                    element_name(images.element), info.shape.height, info.shape.width,
                                    info.shape.channels, element_name(info.element)));
    }
}

void ArraySource::add(const std::string& split, const std::vector<StoredImages>& parts, StoredLabels labels) {
    if (empty()) {
        info.shape = parts.at(0).shape;
        info.element = parts.at(0).element;
    }
    std::int64_t count = 0;
    for (const StoredImages& images : parts) {
        check(images);
        count += images.count;
        note_file(images.store->path());
    }
    if (!takes_labels_) {
        labels = {};
    } else if (!labels.where.empty() && labels.values.size() != static_cast<std::size_t>(count)) {
        throw DataError(fmt::format("{}: {} for {} ({}); give every image one label, or leave labels out "
                                    "with --labels none",
                                    labels.where, counted(static_cast<std::int64_t>(labels.values.size()), "label"),
                                    counted(count, "image"), text_of(parts)));
    }
    labels.values.resize(static_cast<std::size_t>(count), -1);
    info.add_images(split, labels.values);
    parts_.insert(parts_.end(), parts.begin(), parts.end());
}

void ArraySource::name_classes(std::vector<std::string> names) {
    info.classes = std::move(names);
    const std::int32_t last = empty() ? -1 : *std::max_element(info.labels.begin(), info.labels.end());
    for (auto label = static_cast<std::int32_t>(info.classes.size()); label <= last; ++label) {
        info.classes.push_back(std::to_string(label));
    }
}

void ArraySource::name_numbers(const std::vector<ClassList>& lists) {
    Labels labels{std::move(info.labels), std::move(info.classes), {}, {}};
    shards::name_classes(labels, lists, false, info.files.empty() ? info.kind : info.files.front());
    info.labels = std::move(labels.values);
    info.classes = std::move(labels.classes);
    if (!labels.note.empty()) {
        info.notes.push_back(std::move(labels.note));
    }
}

void ArraySource::name_classes(const std::string& path, std::size_t classes, std::vector<std::string> usual) {
    std::vector<std::string> names;
    if (std::filesystem::exists(path)) {
        note_file(path);
        std::istringstream lines(read_file(path, 1U << 16));
        for (std::string line; std::getline(lines, line);) {
            line.erase(line.find_last_not_of('\r') + 1); // npos + 1: all of it
            if (!line.empty()) {
                names.push_back(line);
            }
        }
    }
    if (!names.empty() && names.size() != classes) {
        info.notes.push_back(fmt::format("{}: has {} lines for the names of {} classes: classes have {}", path,
                                         names.size(), classes, usual.empty() ? "numbers" : "their usual names"));
    }
    name_classes(names.size() == classes ? std::move(names) : std::move(usual));
}

std::pair<const StoredImages*, std::int64_t> ArraySource::place(std::int64_t image) const {
    for (const StoredImages& part : parts_) {
        if (image < part.count) {
            return {&part, image};
        }
        image -= part.count;
    }
    throw std::out_of_range("ArraySource: image number");
}

void ArraySource::read(std::int64_t image, SourceImage& out) const {
    const auto [images, number] = place(image);
    const std::uint64_t at = images->offset + static_cast<std::uint64_t>(number) * images->sample_step;
    const std::size_t value = element_bytes(images->element);
    out.shape = images->shape;
    out.bytes.resize(images->shape.bytes() * value);
    if (is_interleaved(*images)) {
        images->store->read(at, out.bytes.data(), out.bytes.size());
    } else {
        thread_local std::vector<std::uint8_t> scratch;
        const std::size_t bytes = static_cast<std::size_t>(span_of(*images)) * value;
        gather(*images, images->store->view(at, bytes, scratch), out.bytes.data());
    }
    if (images->big_endian) {
        swap_bytes(out.bytes.data(), out.bytes.size() / value, value);
    }
}

std::string ArraySource::name(std::int64_t image) const {
    const auto [images, number] = place(image);
    return fmt::format("{}: image {}", images->store->path(), number);
}

} // namespace tacit::shards
