// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/axes.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/format.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/image_parts.hpp"
#include "pipeline/shards/hdf5/precheck.hpp"
#include "pipeline/shards/hdf5/storage.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kMaxImages = std::uint64_t{1} << 31;

/// Names of a group's members, sorted: numbers by value ("9" before "10"), all else as text.
std::vector<std::string> members(hid_t group, const std::string& where) {
    std::vector<std::string> names;
    const auto take = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
        try {
            static_cast<std::vector<std::string>*>(out)->emplace_back(name);
            return static_cast<std::vector<std::string>*>(out)->size() < kMaxImages ? 0 : -1;
        } catch (const std::bad_alloc&) {
            return -1;
        }
    };
    hsize_t at = 0;
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &at, take, &names) < 0) {
        throw DataError(fmt::format("{}: cannot be listed: {}", where, reason()));
    }
    const auto is_number = [](const std::string& text) {
        return !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
    };
    if (std::all_of(names.begin(), names.end(), is_number)) {
        std::sort(names.begin(), names.end(),
                  [](const auto& a, const auto& b) { return std::stoll(a) < std::stoll(b); });
    } else {
        std::sort(names.begin(), names.end());
    }
    return names;
}

class Collector {
  public:
    Collector(const Located& at, const std::string& axes, GroupImages& found)
        : at_(at), axes_(axes), file_(at.path), found_(found) {}

    void add_group(hid_t group, const std::string& prefix, std::int32_t label) {
        for (const std::string& name : members(group, where(prefix))) {
            try {
                check_object(group, name, file_);
            } catch (const DataError& error) {
                throw DataError(fmt::format("{}: {}", where(prefix + name), error.what()));
            }
            const Handle object = checked(H5Oopen(group, name.c_str(), H5P_DEFAULT), where(prefix + name));
            if (H5Iget_type(object.get()) == H5I_DATASET) {
                add_image(object.get(), prefix + name, label);
            } else if (H5Iget_type(object.get()) == H5I_GROUP && label < 0) {
                found_.classes.push_back(name);
                add_group(object.get(), prefix + name + "/", static_cast<std::int32_t>(found_.classes.size()) - 1);
            }
        }
    }

  private:
    std::string full(const std::string& name) const { return at_.name == "/" ? name : at_.name + "/" + name; }
    std::string where(const std::string& name) const { return fmt::format("{}: {}", at_.path, full(name)); }

    void add_image(hid_t dataset, const std::string& name, std::int32_t label) {
        const Handle type = checked(H5Dget_type(dataset), where(name));
        const std::vector<hsize_t> dims = dimensions(dataset);
        const bool encoded = H5Tget_class(type.get()) == H5T_OPAQUE || dims.size() == 1;
        const std::optional<Element> element = encoded ? std::optional(Element::u8) : element_of(type.get());
        if (!element || (!encoded && dims.size() != 2 && dims.size() != 3)) {
            throw DataError(fmt::format("{}: shape {} is no image", where(name), shape_text(dims)));
        }
        const bool swapped = element_bytes(*element) > 1 && H5Tget_order(type.get()) == H5T_ORDER_BE;
        const bool truth = is_truth(type.get());
        if (!found_.parts.empty() &&
            (encoded != encoded_ || *element != element_ || swapped != swapped_ || truth != found_.truth)) {
            throw DataError(fmt::format("{}: is stored in another way than the images before it", where(name)));
        }
        encoded_ = encoded;
        element_ = *element;
        swapped_ = swapped;
        found_.truth = truth;
        if (encoded) {
            add_item(lone_extent(dataset, name));
        } else {
            add_pixels(lone_image(dataset, file_, full(name), axes_of(dims)));
        }
        found_.names.push_back(name);
        found_.labels.push_back(label);
    }

    std::string axes_of(const std::vector<hsize_t>& dims) const {
        if (!axes_.empty()) {
            return axes_;
        }
        const std::string letters = Axes::guess_one_image({dims.begin(), dims.end()});
        return !letters.empty() ? letters : dims.size() == 2 ? "HW" : "HWC";
    }

    /// Images that lie in the file as they are wanted need little memory each; others are an array each.
    void add_pixels(ImagePart part) {
        const StoredArray& array = *part.array;
        const augment::ImageShape shape = Axes(part.axes).image(array.shape);
        const std::uint64_t bytes = shape.bytes() * array.element_bytes;
        const bool one_chunk = array.chunks.size() == 1 && array.filters.empty() && array.chunks[0].bytes == bytes &&
                               array.chunks[0].address != kNoAddress;
        if ((array.layout == StoredArray::Layout::contiguous || one_chunk) && part.axes.find("HW") == 1) {
            add_item({one_chunk ? array.chunks[0].address : array.address, bytes});
            found_.parts.back().items->shapes.push_back(shape);
            return;
        }
        part.first_row = images();
        found_.parts.push_back(std::move(part));
    }

    void add_item(const Extent& extent) {
        if (found_.parts.empty() || !found_.parts.back().items) {
            ImagePart part;
            part.items = ImageItems{at_.path, at_.name, {}, {}, {}, element_, swapped_};
            part.first_row = images();
            found_.parts.push_back(std::move(part));
        }
        ImagePart& part = found_.parts.back();
        part.items->addresses.push_back(extent.address);
        part.items->bytes.push_back(extent.bytes);
        ++part.count;
    }

    std::int64_t images() const { return static_cast<std::int64_t>(found_.names.size()); }

    /// The bytes of a JPEG or PNG in a data set that is contiguous, or one chunk without filters.
    Extent lone_extent(hid_t dataset, const std::string& name) const {
        const Handle properties = checked(H5Dget_create_plist(dataset), where(name));
        if (H5Pget_layout(properties.get()) != H5D_CHUNKED) {
            return contiguous_extent(dataset, file_.size(), where(name));
        }
        const StoredArray array = index_array(dataset, file_, full(name));
        std::uint64_t bytes = array.element_bytes;
        for (const std::uint64_t extent : array.shape) {
            bytes *= extent;
        }
        if (array.chunks.size() != 1 || !array.filters.empty() || array.chunks[0].bytes != bytes) {
            throw DataError(fmt::format("{}: is a JPEG or PNG in {} chunks{}, which would have to be joined; write it "
                                        "contiguous, as it is compressed already",
                                        where(name), array.chunks.size(),
                                        array.filters.empty() ? "" : " with filters"));
        }
        return {array.chunks[0].address, bytes};
    }

    const Located& at_;
    const std::string& axes_;
    FileBytes file_;
    GroupImages& found_;
    bool encoded_ = false;
    Element element_ = Element::u8;
    bool swapped_ = false;
};

} // namespace

GroupImages group_images(const Located& at, const std::string& axes) {
    GroupImages found;
    Collector(at, axes, found).add_group(at.object.get(), "", -1);
    return found;
}

} // namespace tacit::shards::h5
