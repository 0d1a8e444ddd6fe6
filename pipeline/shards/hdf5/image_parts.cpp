// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/image_parts.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/raw/heap_items.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"
#include "pipeline/shards/hdf5/virtual/virtual_parts.hpp"
#include "pipeline/shards/hdf5/whole_data.hpp"
#include "pipeline/shards/read/axes.hpp"
#include "pipeline/shards/read/chunk_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kMaxOffsetBytes = std::uint64_t{1} << 36;

std::string where(const Located& at) {
    return fmt::format("{}: {}", at.path, at.name);
}

Axes meaning_of(const std::string& where, const std::vector<std::uint64_t>& shape, const std::string& axes) {
    return blaming(where, [&] {
        Axes meaning(axes);
        meaning.check(shape);
        return meaning;
    });
}

bool is_byte(hid_t type) {
    return H5Tget_class(type) == H5T_INTEGER && H5Tget_size(type) == 1;
}

/// By the user block, which says so.
bool written_by_matlab(const std::string& path) {
    char text[6] = {};
    const FileBytes file(path);
    if (file.size() >= sizeof(text)) {
        file.read(0, text, sizeof(text));
    }
    return std::memcmp(text, "MATLAB", sizeof(text)) == 0;
}

} // namespace

Shape shape_of(hid_t object) {
    if (H5Iget_type(object) == H5I_GROUP) {
        return Shape::group;
    }
    const Handle type(H5Iget_type(object) == H5I_DATASET ? H5Dget_type(object) : H5I_INVALID_HID);
    if (!type.valid()) {
        return Shape::other;
    }
    const std::size_t rank = dimensions(object).size();
    if (H5Tget_class(type.get()) == H5T_VLEN) {
        const Handle base(H5Tget_super(type.get()));
        return is_byte(base.get()) && rank >= 1 ? Shape::encoded : Shape::other;
    }
    if (H5Tget_class(type.get()) == H5T_REFERENCE) {
        return rank >= 1 && H5Tget_size(type.get()) == sizeof(hobj_ref_t) ? Shape::references : Shape::other;
    }
    if (H5Tget_class(type.get()) == H5T_OPAQUE) {
        return rank >= 1 ? Shape::encoded : Shape::other;
    }
    if (rank == 1 && is_byte(type.get())) {
        return Shape::blob;
    }
    return element_of(type.get()) && rank >= 3 ? Shape::pixels : Shape::other;
}

bool is_matlab(const Located& at) {
    return written_by_matlab(at.path) || shape_of(at.object.get()) == Shape::references ||
           has_attribute(at.object.get(), "MATLAB_class", where(at));
}

ImagePart lone_image(hid_t dataset, const FileBytes& file, const std::string& name, const std::string& axes) {
    ImagePart part;
    part.array = index_array(dataset, file, name);
    part.count = 1;
    StoredArray& array = *part.array;
    if (array.layout == StoredArray::Layout::library) {
        throw DataError(fmt::format("{}: {}: is one image that only libhdf5 reads ({}); write it contiguous or chunked",
                                    file.path(), name, array.reason));
    }
    array.shape.insert(array.shape.begin(), 1);
    if (!array.chunk.empty()) {
        array.chunk.insert(array.chunk.begin(), 1);
    }
    const std::string where = fmt::format("{}: {}", file.path(), name);
    part.axes = meaning_of(where, array.shape, with_sample_axis(axes)).letters();
    return part;
}

std::vector<ImagePart> array_parts(const Located& at, const std::string& axes, const Roots& roots) {
    const std::vector<hsize_t> dims = dimensions(at.object.get());
    const std::vector<std::uint64_t> shape(dims.begin(), dims.end());
    if (axes != with_sample_axis(axes)) {
        std::vector<ImagePart> parts;
        parts.push_back(lone_image(at.object.get(), FileBytes(at.path), at.name, axes));
        return parts;
    }
    const Axes meaning = meaning_of(where(at), shape, axes);
    const bool rows_are_images = meaning.letters().front() == 'N' && meaning.letters().rfind('N') == 0;
    auto parts = rows_are_images ? virtual_parts(at, roots) : std::nullopt;
    if (!parts) {
        require_plausible(at.object.get(), static_cast<std::uint64_t>(meaning.samples(shape)), where(at));
        ImagePart whole;
        whole.array = index_array(at.object.get(), FileBytes(at.path), at.name);
        require_known_sources(at, roots);
        whole.count = meaning.samples(shape);
        parts.emplace().push_back(std::move(whole));
    }
    for (ImagePart& part : *parts) {
        part.axes = meaning.letters();
    }
    return std::move(*parts);
}

ImagePart encoded_part(const Located& at) {
    const FileBytes file(at.path);
    const Handle type = checked(H5Dget_type(at.object.get()), where(at));
    ImagePart part;
    if (H5Tget_class(type.get()) == H5T_VLEN) {
        part.items = find_heap_items(at.object.get(), file, at.name);
    } else {
        const Extent extent = contiguous_extent(at.object.get(), file.size(), where(at));
        const std::uint64_t bytes = H5Tget_size(type.get());
        part.items = ImageItems{at.path, at.name, {}, {}, {}, Element::u8, false};
        for (std::uint64_t begin = 0; begin < extent.bytes; begin += bytes) {
            part.items->addresses.push_back(extent.address + begin);
            part.items->bytes.push_back(bytes);
        }
    }
    part.count = static_cast<std::int64_t>(part.items->addresses.size());
    return part;
}

ImagePart blob_part(const Located& at, const Located& offsets) {
    const FileBytes file(at.path);
    const Extent extent = contiguous_extent(at.object.get(), file.size(), where(at));
    const std::vector<hsize_t> dims = dimensions(offsets.object.get());
    if (dims.size() != 1 || dims[0] < 1 || dims[0] > kMaxOffsetBytes / sizeof(std::uint64_t)) {
        throw DataError(
            fmt::format("{}: shape {} is no list of places where images begin", where(offsets), shape_text(dims)));
    }
    auto begins = read_values<std::uint64_t>(offsets.object.get(), H5T_NATIVE_UINT64, where(offsets));
    if (begins.back() != extent.bytes) { // N places without the end
        begins.push_back(extent.bytes);
    }
    ImagePart part;
    part.items = ImageItems{at.path, at.name, {}, {}, {}, Element::u8, false};
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
        if (begins[i] > begins[i + 1] || begins[i + 1] > extent.bytes) {
            throw DataError(fmt::format("{}: image {} claims bytes {} to {} of {}", where(offsets), i, begins[i],
                                        begins[i + 1], extent.bytes));
        }
        part.items->addresses.push_back(extent.address + begins[i]);
        part.items->bytes.push_back(begins[i + 1] - begins[i]);
    }
    part.count = static_cast<std::int64_t>(part.items->addresses.size());
    return part;
}

} // namespace tacit::shards::h5
