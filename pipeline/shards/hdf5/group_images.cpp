// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/axes.hpp"
#include "pipeline/shards/axes_guess.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/format.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/cells.hpp"
#include "pipeline/shards/hdf5/group_links.hpp"
#include "pipeline/shards/hdf5/image_parts.hpp"
#include "pipeline/shards/hdf5/precheck.hpp"
#include "pipeline/shards/hdf5/storage.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace tacit::shards::h5 {
namespace {

/// An open group or data set, and the file and name where it really stands.
struct Member {
    hid_t object;
    const FileBytes& file;
    std::string name;

    std::string where() const { return fmt::format("{}: {}", file.path(), name); }
    std::string name_of(const std::string& link) const { return name == "/" ? link : name + "/" + link; }
};

class Collector {
  public:
    Collector(const Located& at, const std::string& axes, const Roots& roots, GroupImages& found)
        : at_(at), axes_(axes), roots_(roots), found_(found), matlab_(is_matlab(at)) {}

    void run(const std::string& member) {
        const FileBytes file(at_.path);
        if (!member.empty()) {
            add_samples({at_.object.get(), file, at_.name}, member);
        } else if (shape_of(at_.object.get()) == Shape::references) {
            add_cells(file);
        } else {
            add_group({at_.object.get(), file, at_.name}, "", -1);
            note_one_each();
        }
    }

  private:
    /// The objects that a cell array refers to, in its order: they lie in one group, under names of no meaning.
    void add_cells(const FileBytes& file) {
        const Cells cells(at_.object.get());
        cells_ = true;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const Handle object = cells.open(i);
            if (H5Iget_type(object.get()) != H5I_DATASET) {
                throw DataError(fmt::format("{}: {}: is no data set", at_.path, cells.name(i)));
            }
            add_image({object.get(), file, cells.name(i)});
            found_.names.push_back(std::to_string(i));
            found_.labels.push_back(-1);
        }
        found_.order = "the cell array";
    }

    /// The data set `member` of each subgroup. A data set beside these is passed over; a subgroup without `member` is
    /// an error.
    void add_samples(const Member& group, const std::string& member) {
        const GroupLinks listed = links_of(group.object, group.where());
        shown_ = group.name_of("*/" + member);
        for (const Link& link : listed.links) {
            const std::string name = group.name_of(link.name);
            const std::string where = fmt::format("{}: {}", group.file.path(), name);
            const Located sample = followed(group.file.path(), name, where);
            if (H5Iget_type(sample.object.get()) != H5I_GROUP) {
                continue; // `inspect` names what is read beside the samples
            }
            if (!has_object(sample.object.get(), member)) {
                throw DataError(fmt::format("{}: has no '{}', as the groups beside it have; move what is no sample to "
                                            "a group elsewhere",
                                            where, member));
            }
            Located at = followed(group.file.path(), fmt::format("{}/{}", name, member), where);
            const FileBytes file(at.path);
            add_image({at.object.get(), file, at.name});
            found_.names.push_back(link.name);
            found_.labels.push_back(-1);
            led_to_ = std::move(at.file);
        }
        found_.order = listed.order;
        found_.doubt = listed.doubt;
    }

    /// `prefix`: of the members' names below the group that is read. `label`: -1 in that group itself.
    void add_group(const Member& group, const std::string& prefix, std::int32_t label) {
        GroupLinks listed = links_of(group.object, group.where());
        const auto note = [&](bool image) { // the order of classes alone is no order of images
            found_.order = image ? listed.order : found_.order;
            found_.doubt = image && found_.doubt.empty() ? listed.doubt : found_.doubt;
        };
        std::vector<Link> links = std::move(listed.links);
        if (label >= 0 && listed.lists > 0) {
            throw DataError(fmt::format("{}: seems to hold labels of the images beside it; name them, as in {}, or "
                                        "move them out of the class",
                                        fmt::format("{}: {}", group.file.path(), group.name_of(links.back().name)),
                                        "data.images: '*/image' and data.labels: '*/label'"));
        }
        if (label < 0) {
            const std::size_t members = links.size() - listed.lists;
            for (std::size_t i = members; i < links.size(); ++i) { // what may be read as labels
                found_.lists.push_back(group.name_of(links[i].name));
            }
            links.resize(members);
            subgroups_ = {{}, 0, listed.order, listed.doubt};
        }
        for (const Link& link : links) {
            const std::string name = group.name_of(link.name);
            const std::string where = fmt::format("{}: {}", group.file.path(), name);
            if (link.hard) {
                const Handle object = open_object(group.object, link.name, group.file, where);
                note(add({object.get(), group.file, name}, prefix, link.name, label));
            } else {
                Located at = followed(group.file.path(), name, where);
                const FileBytes file(at.path);
                note(add({at.object.get(), file, at.name}, prefix, link.name, label));
                led_to_ = std::move(at.file);
            }
        }
    }

    Located followed(const std::string& path, const std::string& name, const std::string& where) const {
        try {
            return locate(path, name, roots_);
        } catch (const Error& error) {
            throw DataError(fmt::format("{}: {}", where, error.what()));
        }
    }

    /// Where each subgroup holds one image, and may be that image rather than a class, order is that of the subgroups.
    void note_one_each() {
        std::vector<std::int32_t> places(found_.classes.size());
        std::iota(places.begin(), places.end(), 0);
        found_.one_each = places.size() > 1 && found_.labels == places;
        if (found_.one_each) {
            found_.order = subgroups_.order;
            found_.doubt = subgroups_.doubt;
        }
    }

    /// Whether it is an image.
    bool add(const Member& member, const std::string& prefix, const std::string& link, std::int32_t label) {
        const H5I_type_t type = H5Iget_type(member.object);
        if (type == H5I_DATASET) {
            add_image(member);
            found_.names.push_back(prefix + link);
            found_.labels.push_back(label);
        } else if (type == H5I_GROUP && label < 0) {
            found_.classes.push_back(link);
            add_group(member, prefix + link + "/", static_cast<std::int32_t>(found_.classes.size()) - 1);
        } else if (type == H5I_GROUP) {
            throw DataError(fmt::format("{}: is a group inside of class '{}', where only images may stand; move its "
                                        "images up, or name the group that they are to be read from with data.images",
                                        member.where(), found_.classes.back()));
        }
        return type == H5I_DATASET;
    }

    void add_image(const Member& image) {
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

    std::string axes_of(const std::vector<hsize_t>& dims) const {
        if (!axes_.empty()) {
            return axes_;
        }
        const std::string letters = guess_one_image({dims.begin(), dims.end()}, matlab_);
        const std::string plain = dims.size() == 2 ? "HW" : "HWC";
        return !letters.empty() ? letters : matlab_ ? std::string(plain.rbegin(), plain.rend()) : plain;
    }

    /// Images that lie in the file as they are wanted need little memory each; others are an array each.
    void add_pixels(ImagePart part) {
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
    void add_item(const std::string& path, const Extent& extent) {
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

    std::int64_t images() const { return static_cast<std::int64_t>(found_.names.size()); }

    /// The bytes of a JPEG or PNG in a data set that is contiguous, or one chunk without filters.
    static Extent lone_extent(const Member& image) {
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
                                        image.where(), array.chunks.size(),
                                        array.filters.empty() ? "" : " with filters"));
        }
        return {array.chunks[0].address, bytes};
    }

    const Located& at_;
    const std::string& axes_;
    const Roots& roots_;
    Handle led_to_; ///< stays open, for what libhdf5 knows of it helps the next link there
    GroupImages& found_;
    std::string shown_ = at_.name; ///< the images, in messages
    GroupLinks subgroups_;         ///< without the links
    bool matlab_;
    bool cells_ = false; ///< which may hold anything
    bool encoded_ = false;
    Element element_ = Element::u8;
    bool swapped_ = false;
};

} // namespace

GroupImages group_images(const Located& at, const std::string& axes, const Roots& roots, const std::string& member) {
    GroupImages found;
    Collector(at, axes, roots, found).run(member);
    return found;
}

} // namespace tacit::shards::h5
