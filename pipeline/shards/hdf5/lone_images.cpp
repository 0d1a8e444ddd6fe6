// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/lone_images.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/format/format.hpp"
#include "pipeline/shards/guess/axes_guess.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"
#include "pipeline/shards/read/axes.hpp"

#include <optional>

namespace tacit::shards::h5 {
namespace {

/// The bytes of a JPEG or PNG in a data set that is contiguous, or one chunk without filters.
Extent lone_extent(const Member& image) {
    const Handle properties = checked(H5Dget_create_plist(image.object), image.where());
    if (H5Pget_layout(properties.get()) != H5D_CHUNKED) {
        return contiguous_extent(image.object, image.file.size(), image.where());
    }
    const StoredArray array = index_array(image.object, image.file, image.name);
    std::uint64_t bytes = array.element_bytes;
    for (const std::uint64_t extent : array.shape) {
        bytes *= extent;
    }
    if (array.chunks.size() != 1 || !array.filters.empty() || array.chunks[0].bytes != bytes) {
        throw DataError(fmt::format("{}: is a JPEG or PNG in {} chunks{}, which would have to be joined; write it "
                                    "contiguous, as it is compressed already",
                                    image.where(), array.chunks.size(), array.filters.empty() ? "" : " with filters"));
    }
    return {array.chunks[0].address, bytes};
}

} // namespace

void LoneImages::add(const Member& image) {
    const Handle type = checked(H5Dget_type(image.object), image.where());
    const std::vector<hsize_t> dims = dimensions(image.object);
    const bool encoded = H5Tget_class(type.get()) == H5T_OPAQUE || dims.size() == 1;
    const std::optional<Element> element = encoded ? std::optional(Element::u8) : element_of(type.get());
    if (!element || (!encoded && dims.size() != 2 && dims.size() != 3)) {
        throw DataError(fmt::format("{}: shape {} is no image", image.where(), shape_text(dims)));
    }
    if (cells_ && !encoded && axes_.empty() && guess_one_image({dims.begin(), dims.end()}, matlab_).empty()) {
        throw DataError(fmt::format("{}: shape {} does not look like an image; say what its dimensions mean with "
                                    "data.axes",
                                    image.where(), shape_text(dims)));
    }
    const bool swapped = element_bytes(*element) > 1 && H5Tget_order(type.get()) == H5T_ORDER_BE;
    const bool truth = is_truth(type.get());
    if (!found_.parts.empty() &&
        (encoded != encoded_ || *element != element_ || swapped != swapped_ || truth != found_.truth)) {
        throw DataError(fmt::format("{}: is stored in another way than the images before it", image.where()));
    }
    encoded_ = encoded;
    element_ = *element;
    swapped_ = swapped;
    found_.truth = truth;
    if (encoded) {
        add_item(image.file.path(), lone_extent(image));
    } else {
        add_pixels(lone_image(image.object, image.file, image.name, axes_of(dims)));
    }
}

std::string LoneImages::axes_of(const std::vector<hsize_t>& dims) const {
    if (!axes_.empty()) {
        return axes_;
    }
    const std::string letters = guess_one_image({dims.begin(), dims.end()}, matlab_);
    const std::string plain = dims.size() == 2 ? "HW" : "HWC";
    return !letters.empty() ? letters : matlab_ ? std::string(plain.rbegin(), plain.rend()) : plain;
}

/// Images that lie in the file as they are wanted need little memory each; others are an array each.
void LoneImages::add_pixels(ImagePart part) {
    const StoredArray& array = *part.array;
    const augment::ImageShape shape = Axes(part.axes).image(array.shape);
    const std::uint64_t bytes = shape.bytes() * array.element_bytes;
    const bool one_chunk = array.chunks.size() == 1 && array.filters.empty() && array.chunks[0].bytes == bytes &&
                           array.chunks[0].address != kNoAddress;
    if ((array.layout == StoredArray::Layout::contiguous || one_chunk) && part.axes.find("HW") == 1) {
        add_item(array.path, {one_chunk ? array.chunks[0].address : array.address, bytes});
        found_.parts.back().items->shapes.push_back(shape);
        return;
    }
    part.first_row = images();
    found_.parts.push_back(std::move(part));
}

/// One part lies in one file.
void LoneImages::add_item(const std::string& path, const Extent& extent) {
    if (found_.parts.empty() || !found_.parts.back().items || found_.parts.back().items->path != path) {
        ImagePart part;
        const std::string group = path == at_.path ? shown_ : fmt::format("{} of {}", shown_, at_.path);
        part.items = ImageItems{path, group, {}, {}, {}, element_, swapped_};
        part.first_row = images();
        found_.parts.push_back(std::move(part));
    }
    ImagePart& part = found_.parts.back();
    part.items->addresses.push_back(extent.address);
    part.items->bytes.push_back(extent.bytes);
    ++part.count;
}

} // namespace tacit::shards::h5
