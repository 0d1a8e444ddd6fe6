// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/foreign_index.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/shards/axes.hpp"
#include "pipeline/shards/csv_table.hpp"
#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/encoded_kind.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/describe.hpp"
#include "pipeline/shards/hdf5/image_parts.hpp"
#include "pipeline/shards/labels.hpp"
#include "pipeline/shards/value_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tacit::shards {
namespace {

// Names seen in public data sets and tutorials: PCam, Galaxy10, So2Sat, 3D Shapes, Keras, CREMI, calorimeters, NYU, …
const std::vector<std::string> kImageNames = {
    "images", "image", "x",         "X",    "data", "imgs",        "img",
    "bytes",  "jpeg",  "train_img", "ECAL", "sen2", "volumes/raw", "reconstruction_rss"};
const std::vector<std::string> kLabelNames = {"labels", "label", "y", "Y", "ans", "target", "targets"};
const std::vector<std::string> kOffsetNames = {"offsets", "offset", "starts"};

std::string first_object(hid_t file, const std::vector<std::string>& names) {
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const auto& name) { return h5::has_object(file, name); });
    return found == names.end() ? std::string() : *found;
}

std::vector<std::string> names_for_split(const std::vector<std::string>& names, const std::string& split) {
    std::vector<std::string> out;
    for (const std::string& name : names) {
        out.push_back(fmt::format("{}/{}", split, name));
        out.push_back(fmt::format("{}_{}", split, name));
        out.push_back(fmt::format("{}_{}", name, split));
        out.push_back(fmt::format("{}_set_{}", split, name));
    }
    return out;
}

/// `name` beside the last step of `of`: "a/b/offsets" for "a/b/bytes".
std::string beside(const std::string& of, const std::string& name) {
    const std::size_t slash = of.rfind('/');
    return slash == std::string::npos ? name : of.substr(0, slash + 1) + name;
}

/// What indexing the images leaves for the labels.
struct Images {
    h5::Located at;
    std::vector<std::string> names; ///< one an image, of a group
    Labels groups;                  ///< the subgroup of each image
    bool truth = false;             ///< pixels are false (black) or true (white)
};

void add_blob(const std::string& path, const DataSpec& spec, FileIndex& index, const h5::Located& at) {
    const h5::Roots roots(spec.roots, &index.reached);
    for (const std::string& name : kOffsetNames) {
        if (h5::has_object(at.file.get(), beside(at.name, name))) {
            index.parts.push_back(h5::blob_part(at, h5::locate(at.path, beside(at.name, name), roots)));
            return;
        }
    }
    throw DataError(fmt::format(
        "{}: {}: is a list of bytes, and no data set `offsets` beside it says where images begin", path, at.name));
}

Images add_images(const std::string& path, const std::string& name, const DataSpec& spec, FileIndex& index) {
    const h5::Roots roots(spec.roots, &index.reached);
    Images images{h5::locate(path, name, roots), {}, {}, false};
    h5::Shape shape = h5::shape_of(images.at.object.get());
    const h5::Handle type(shape == h5::Shape::other ? H5Dget_type(images.at.object.get()) : H5I_INVALID_HID);
    if (type.valid() && !spec.axes.empty() && h5::element_of(type.get())) {
        shape = h5::Shape::pixels; // one gray image, perhaps: axes HW
    }
    switch (shape) {
    case h5::Shape::pixels:
        index.parts = h5::array_parts(images.at, spec.axes, roots);
        images.truth = h5::is_truth(h5::Handle(H5Dget_type(images.at.object.get())).get());
        break;
    case h5::Shape::encoded:
        index.parts.push_back(h5::encoded_part(images.at));
        break;
    case h5::Shape::blob:
        add_blob(path, spec, index, images.at);
        break;
    case h5::Shape::group: {
        h5::GroupImages found = h5::group_images(images.at, spec.axes, roots);
        index.parts = std::move(found.parts);
        images.truth = found.truth;
        images.names = std::move(found.names);
        images.groups = {std::move(found.labels), std::move(found.classes)};
        break;
    }
    case h5::Shape::other:
        throw DataError(
            fmt::format("{}: {}: shape {} of {} does not hold images; Tacit reads u8, u16, i16 and floating point of "
                        "16, 32 and 64 bits as (N, H, W, C) and the like, and JPEG or PNG bytes",
                        path, name, h5::shape_text(h5::dimensions(images.at.object.get())),
                        type.valid() ? h5::type_text(type.get()) : "another kind"));
    }
    for (const ImagePart& part : index.parts) {
        index.count += part.count;
    }
    return images;
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
        throw DataError(fmt::format("{}: {}: images have different numbers of channels", index.path,
                                    first.array ? first.array->dataset : first.items->dataset));
    }
    index.shape = same ? shapes[0] : augment::ImageShape{0, 0, shapes[0].channels};
}

/// What `text`, the value of config key `key`, says of each image.
Labels named_labels(const char* key, const std::string& text, const std::string& path, const DataSpec& spec,
                    FileIndex& index, const Images& images) {
    const h5::Roots roots(spec.roots, &index.reached);
    const Meaning meaning = std::string_view(key) == "data.split_by" ? Meaning::splits : Meaning::classes;
    if (text == "group") {
        if (images.groups.classes.empty()) {
            throw ConfigError(
                fmt::format("{} is `group`, but {}: {} has no subgroups with images", key, path, images.at.name));
        }
        return images.groups;
    }
    if (text.starts_with('@')) {
        const std::string name = text.substr(1);
        const bool own = h5::has_attribute(images.at.object.get(), name, path);
        const h5::Handle root(H5Gopen2(images.at.file.get(), "/", H5P_DEFAULT));
        return read_label_attribute(own ? images.at.object.get() : root.get(), name,
                                    fmt::format("{}: {}", path, own ? images.at.name : "/"), index.count, meaning);
    }
    if (const auto table = table_and_column(text)) {
        return read_csv_labels(h5::file_beside(path, table->first, roots), table->second, index.count, images.names,
                               meaning);
    }
    const std::size_t colon = text.rfind(':');
    const h5::Located at = colon == std::string::npos ? h5::locate(path, text, roots)
                                                      : h5::locate(h5::file_beside(path, text.substr(0, colon), roots),
                                                                   text.substr(colon + 1), roots);
    return read_labels(at.object.get(), fmt::format("{}: {}", at.path, at.name), index.count, meaning);
}

/// What to do if an array that was taken for one photo is a stack of gray images.
std::string stack_advice(const DataSpec& spec, const FileIndex& index, const Images& images) {
    const std::vector<hsize_t> dims = h5::dimensions(images.at.object.get());
    return spec.axes.empty() && index.count == 1 && dims.size() == 3
               ? fmt::format(", and {} as one photo; if these are {} images, say so with `data.axes: NHW`",
                             h5::shape_text(dims), dims[0])
               : std::string();
}

/// A guessed name that holds something else is no reason to refuse the images.
Labels guessed_labels(const std::string& name, const std::string& path, const DataSpec& spec, FileIndex& index,
                      const Images& images) {
    if (!images.groups.classes.empty()) {
        return images.groups;
    }
    if (!name.empty()) {
        try {
            return named_labels("data.labels", name, path, spec, index, images);
        } catch (const NotLabels& error) {
            log::warning(fmt::format("{}; the images are read without labels{}", error.what(),
                                     stack_advice(spec, index, images)));
        }
    }
    return {std::vector<std::int32_t>(static_cast<std::size_t>(index.count), -1), {}};
}

/// Without the splits that no image belongs to, which counting and enumerations name too.
Labels of_images(Labels splits) {
    std::vector<std::int32_t> numbers(splits.classes.size(), -1);
    for (const std::int32_t split : splits.values) {
        if (split >= 0) {
            numbers[static_cast<std::size_t>(split)] = 0;
        }
    }
    std::vector<std::string> kept;
    for (std::size_t split = 0; split < numbers.size(); ++split) {
        if (numbers[split] == 0) {
            numbers[split] = static_cast<std::int32_t>(kept.size());
            kept.push_back(std::move(splits.classes[split]));
        }
    }
    splits.classes = std::move(kept);
    for (std::int32_t& split : splits.values) {
        split = split < 0 ? -1 : numbers[static_cast<std::size_t>(split)];
    }
    return splits;
}

} // namespace

std::optional<ForeignNames> guess_names(hid_t file, const std::string& split) {
    ForeignNames names{first_object(file, names_for_split(kImageNames, split)),
                       first_object(file, names_for_split(kLabelNames, split))};
    if (names.images.empty() && split == kUnnamedSplit) {
        names = {first_object(file, kImageNames), first_object(file, kLabelNames)};
    }
    return names.images.empty() ? std::nullopt : std::optional(names);
}

FileIndex index_foreign(const std::string& path, const DataSpec& spec, const std::string& split) {
    const std::string wanted = split.empty() ? kUnnamedSplit : split;
    std::optional<ForeignNames> names = guess_names(h5::open_file(path).get(), wanted);
    if (!spec.images.empty()) {
        const std::string labels = names ? names->labels : first_object(h5::open_file(path).get(), kLabelNames);
        names = ForeignNames{with_split(spec.images, wanted), labels};
    }
    if (!names) {
        throw DataError(
            fmt::format("{}: no split '{}' here: nothing named images, x, X or data{}; see `tacit data inspect "
                        "{}`, and name the images with data.images",
                        path, wanted, wanted == kUnnamedSplit ? "" : " with the split's name before or behind", path));
    }
    FileIndex index;
    index.path = path;
    index.split = wanted;
    index.source = path;
    index.format = "hdf5";
    const Images images = add_images(path, names->images, spec, index);
    if (index.count == 0) {
        throw DataError(fmt::format("{}: {}: holds no images", path, names->images));
    }
    describe(index);
    const std::string given = with_split(spec.labels, wanted);
    Labels labels = given.empty()     ? guessed_labels(names->labels, path, spec, index, images)
                    : given == "none" ? Labels{std::vector<std::int32_t>(static_cast<std::size_t>(index.count), -1), {}}
                                      : named_labels("data.labels", given, path, spec, index, images);
    index.labels = std::move(labels.values);
    index.classes = std::move(labels.classes);
    if (!spec.split_by.empty()) {
        Labels splits =
            of_images(named_labels("data.split_by", with_split(spec.split_by, wanted), path, spec, index, images));
        index.splits = std::move(splits.values);
        index.split_names = std::move(splits.classes);
    }
    std::sort(index.reached.begin(), index.reached.end());
    index.reached.erase(std::unique(index.reached.begin(), index.reached.end()), index.reached.end());
    index.value_range = !spec.range.empty() ? spec.range
                        : images.truth      ? std::vector<double>{0, 1}
                                            : natural_range(index.element);
    return index;
}

} // namespace tacit::shards
