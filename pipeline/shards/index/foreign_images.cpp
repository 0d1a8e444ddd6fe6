// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/index/foreign_images.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/guess/axes_guess.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/describe.hpp"
#include "pipeline/shards/hdf5/groups/class_lists.hpp"
#include "pipeline/shards/hdf5/image_parts.hpp"
#include "pipeline/shards/labels/row_search.hpp"
#include "pipeline/shards/read/axes.hpp"
#include "pipeline/shards/read/encoded_kind.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::shards {
namespace {

/// `name` beside the last step of `of`: "a/b/offsets" for "a/b/bytes".
std::string beside(const std::string& of, const std::string& name) {
    return of.substr(0, of.rfind('/') + 1) + name; // npos + 1: from the beginning
}

ImagePart blob_of(const h5::Located& at, const h5::Roots& roots) {
    for (const std::string& name : offset_names()) {
        if (h5::has_object(at.file.get(), beside(at.name, name))) {
            return h5::blob_part(at, h5::locate(at.path, beside(at.name, name), roots));
        }
    }
    throw DataError(fmt::format(
        "{}: {}: is a list of bytes, and no data set `offsets` beside it says where images begin", at.path, at.name));
}

/// Shape and element type, if all images share them.
void describe(FileIndex& index) {
    const ImagePart& first = index.parts.front();
    index.element = first.array ? first.array->element : first.items->element;
    std::vector<augment::ImageShape> shapes;
    for (const ImagePart& part : index.parts) {
        if (part.array) {
            shapes.push_back(Axes(part.axes).image(part.array->shape));
        } else {
            shapes.insert(shapes.end(), part.items->shapes.begin(), part.items->shapes.end());
        }
    }
    if (shapes.empty()) {
        EncodedKind kind{Element::u8, 1};
        for (const ImagePart& part : index.parts) {
            const EncodedKind one = encoded_kind(*part.items);
            kind = {std::max(kind.element, one.element), std::max(kind.channels, one.channels)};
        }
        index.element = kind.element;
        index.shape = {0, 0, kind.channels};
        return;
    }
    const bool same = std::all_of(shapes.begin(), shapes.end(), [&](auto shape) { return shape == shapes[0]; });
    const bool same_channels =
        std::all_of(shapes.begin(), shapes.end(), [&](auto shape) { return shape.channels == shapes[0].channels; });
    if (!same_channels) {
        throw DataError(fmt::format("{}: {}: images have different numbers of channels", index.path, first.dataset()));
    }
    index.shape = same ? shapes[0] : augment::ImageShape{0, 0, shapes[0].channels};
}

/// The row of a list that each name stands in; found: how many do.
RowMatch match_list(const ClassList& list, const std::string& path, const std::vector<std::string>& names) {
    std::vector<CsvRow> rows;
    for (const std::string& text : list.texts) {
        rows.push_back({rows.size() + 1, {text}});
    }
    try {
        return match_rows(path, rows, {TableColumn::kOpen, 0, 0}, names);
    } catch (const DataError&) { // two fit one: others are meant
        return {};
    }
}

/// Where a data set lists the names of a group's images, or of the subgroups that hold one each, its order is that of
/// the rows of others.
void take_listed_order(ForeignImages& images) {
    const std::size_t count = images.groups.values.size();
    const std::vector<std::string>& names = images.one_each ? images.groups.classes : images.names;
    std::string whole; // the first that lists all names
    std::vector<std::size_t> rows;
    for (const ClassList& list : h5::rows_of_texts(images.at.object.get(), count)) {
        const RowMatch match = match_list(list, images.at.path, names);
        if (match.found == count && !whole.empty() && match.rows != rows) {
            images.doubt = fmt::format("'{}' and '{}' list their names in different orders, so that rows may stand in "
                                       "either; write labels that hold names beside them (a table), or leave one of "
                                       "the lists out",
                                       whole, list.name);
            return;
        }
        if (match.found == count && whole.empty()) {
            whole = list.name;
            rows = match.rows;
            images.doubt.clear();
        } else if (2 * match.found > count && whole.empty()) {
            images.doubt = fmt::format("'{}' lists {} of their {} names, so that rows may stand in its order or in "
                                       "theirs; write labels that hold names beside them (a table), or a whole list",
                                       list.name, match.found, count);
        }
    }
    if (!std::is_sorted(rows.begin(), rows.end())) {
        images.order += fmt::format(", and rows of labels in that of '{}'", whole);
        images.rows = std::move(rows);
    }
}

} // namespace

ForeignImages add_images(h5::Located at, const std::string& axes, const h5::Roots& roots, FileIndex& index,
                         const std::string& member) {
    ForeignImages images{std::move(at), {}, {}, false, {}, {}, {}, {}, {}, false};
    h5::Shape shape = h5::shape_of(images.at.object.get());
    const h5::Handle type(shape == h5::Shape::other ? H5Dget_type(images.at.object.get()) : H5I_INVALID_HID);
    if (type.valid() && !axes.empty() && h5::element_of(type.get())) {
        shape = h5::Shape::pixels; // one gray image, perhaps: axes HW
    }
    switch (shape) {
    case h5::Shape::pixels:
        index.parts = h5::array_parts(images.at, axes, roots);
        images.truth = h5::is_truth(h5::Handle(H5Dget_type(images.at.object.get())).get());
        break;
    case h5::Shape::encoded:
        index.parts.push_back(h5::encoded_part(images.at));
        break;
    case h5::Shape::blob:
        index.parts.push_back(blob_of(images.at, roots));
        break;
    case h5::Shape::references:
    case h5::Shape::group: {
        h5::GroupImages found = h5::group_images(images.at, axes, roots, member);
        index.parts = std::move(found.parts);
        images.truth = found.truth;
        images.names = std::move(found.names);
        images.lists = std::move(found.lists);
        images.left_out = std::move(found.left_out);
        images.order = std::move(found.order);
        images.doubt = std::move(found.doubt);
        images.groups = {std::move(found.labels), std::move(found.classes), {}, {}};
        images.one_each = found.one_each;
        if (shape == h5::Shape::references) { // places of cells are no names
            images.names.clear();
        } else {
            take_listed_order(images);
        }
        break;
    }
    case h5::Shape::other: {
        const std::vector<hsize_t> dims = h5::dimensions(images.at.object.get());
        if (type.valid() && H5Tget_class(type.get()) == H5T_COMPOUND) {
            throw DataError(fmt::format("{}: {}: {}", images.at.path, images.at.name, h5::table_text(type.get())));
        }
        const std::string gray = type.valid() && h5::element_of(type.get())
                                     ? guess_one_image({dims.begin(), dims.end()}, h5::is_matlab(images.at))
                                     : std::string();
        throw DataError(fmt::format(
            "{}: {}: shape {} of {} does not hold images; Tacit reads u8, u16, i16 and floating point of "
            "16, 32 and 64 bits as (N, H, W, C) and the like, and JPEG or PNG bytes{}{}",
            images.at.path, images.at.name, h5::shape_text(dims),
            type.valid() ? h5::type_text(type.get()) : "another kind", flat_advice({dims.begin(), dims.end()}),
            gray.empty() ? "" : fmt::format("; if it is one gray image, say data.axes: {}", gray)));
    }
    }
    for (const ImagePart& part : index.parts) {
        index.count += part.count;
    }
    if (index.count == 0) {
        throw DataError(fmt::format("{}: {}: holds no images", images.at.path, images.at.name));
    }
    describe(index);
    return images;
}

} // namespace tacit::shards
