// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/index/index_bytes.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/format/format.hpp"
#include "pipeline/shards/format/sealed_bytes.hpp"
#include "pipeline/shards/read/axes.hpp"
#include "pipeline/shards/read/extents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tacit::shards {
namespace {

constexpr std::int64_t kMostImages = std::int64_t{1} << 40;

void require(bool fits, const char* what) {
    if (!fits) {
        throw DataError(fmt::format("is an index whose {} do not fit together", what));
    }
}

bool known(Element element) {
    return element >= Element::u8 && element <= Element::f64;
}

bool possible(const augment::ImageShape& shape) {
    constexpr auto kSide = static_cast<int>(kMaxSide);
    return shape.channels >= 1 && shape.channels <= kMaxImageChannels && shape.height >= 0 && shape.height <= kSide &&
           shape.width >= 0 && shape.width <= kSide;
}

void check_array(const StoredArray& array, const std::string& letters, const FileIndex& file) {
    constexpr std::size_t kMostFilters = 32; // H5Z_MAX_NFILTERS
    try {
        const Axes axes(letters);
        axes.check(array.shape);
        augment::ImageShape shape = axes.image(array.shape);
        if (file.shape.height == 0) { // images differ in size
            shape.height = shape.width = 0;
        }
        require(shape == file.shape, "shapes");
    } catch (const ConfigError& error) {
        throw DataError(error.what());
    }
    require(known(array.element) && array.element == file.element &&
                array.element_bytes == element_bytes(array.element),
            "types");
    require(array.fill.empty() || array.fill.size() == array.element_bytes, "fill values");
    require(array.filters.size() <= kMostFilters, "filters");
    if (array.layout == StoredArray::Layout::chunked) {
        require(array.chunk.size() == array.shape.size(), "chunks");
        std::vector<std::uint64_t> grid;
        for (std::size_t i = 0; i < array.chunk.size(); ++i) {
            require(array.chunk[i] > 0, "chunks");
            grid.push_back(array.shape[i] / array.chunk[i] + (array.shape[i] % array.chunk[i] == 0 ? 0 : 1));
        }
        require(capped_product(grid) == array.chunks.size(), "chunks");
    } else {
        require(array.layout == StoredArray::Layout::contiguous || array.layout == StoredArray::Layout::library,
                "layouts");
        require(array.chunk.empty() || array.chunk.size() == array.shape.size(), "chunks");
    }
}

void check_items(const ImageItems& items, std::int64_t count, const FileIndex& file) {
    const auto images = static_cast<std::size_t>(count);
    require(items.addresses.size() == images && items.bytes.size() == images, "images");
    require(known(items.element), "types");
    require(items.shapes.empty() || (items.shapes.size() == images && items.element == file.element), "shapes");
    require(std::all_of(items.shapes.begin(), items.shapes.end(),
                        [&](const augment::ImageShape& shape) {
                            return possible(shape) && shape.bytes() > 0 && shape.channels == file.shape.channels;
                        }),
            "shapes");
}

void check_labels(const FileIndex& file) {
    const auto classes = static_cast<std::int64_t>(file.classes.size());
    const auto splits = static_cast<std::int64_t>(file.split_names.size());
    require(file.chosen.empty() || file.chosen.size() == file.labels.size(), "splits");
    require(file.splits.empty() || file.splits.size() == file.labels.size(), "splits");
    require(std::all_of(file.splits.begin(), file.splits.end(),
                        [&](std::int32_t split) { return split >= -1 && split < splits; }),
            "splits");
    require(file.checksums.empty() || file.checksums.size() == file.labels.size(), "checksums");
    require(std::all_of(file.labels.begin(), file.labels.end(),
                        [&](std::int32_t label) { return label >= -1 && label < classes; }),
            "labels");
}

} // namespace

std::string bytes_of_index(const DatasetIndex& index) {
    return sealed_bytes(index);
}

DatasetIndex index_of_bytes(std::string_view bytes) {
    auto index = opened_bytes<DatasetIndex>(bytes);
    if (index.files.empty()) {
        throw DataError("is an index of no files");
    }
    for (const FileIndex& file : index.files) {
        check_index(file);
    }
    return index;
}

void check_index(const FileIndex& file) {
    const auto fits_channels = [&](const std::vector<double>& values) {
        return values.empty() || values.size() == static_cast<std::size_t>(file.shape.channels);
    };
    require(possible(file.shape) && known(file.element), "shapes");
    require(fits_channels(file.mean) && fits_channels(file.std), "channels");
    require(file.value_range.empty() || (file.value_range.size() == 2 && file.value_range[0] < file.value_range[1]),
            "ranges");
    check_labels(file);
    std::int64_t images = 0;
    for (const ImagePart& part : file.parts) {
        require(part.array.has_value() != part.items.has_value(), "parts");
        require(part.count >= 0 && part.count <= kMostImages - images && part.first >= 0 && part.first <= kMostImages &&
                    part.first_row >= 0 && part.first_row <= kMostImages,
                "counts");
        images += part.count;
        require(static_cast<std::uint64_t>(part.first_row + part.count) <= file.labels.size(), "labels");
        if (part.array) {
            check_array(*part.array, part.axes, file);
        } else {
            check_items(*part.items, part.count, file);
        }
    }
    require(!file.parts.empty() && images == file.count, "counts");
}

} // namespace tacit::shards
