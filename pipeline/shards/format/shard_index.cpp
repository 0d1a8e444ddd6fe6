// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/format/shard_index.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/format/format.hpp"
#include "pipeline/shards/format/shard_texts.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/image_parts.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"
#include "pipeline/shards/hdf5/whole_data.hpp"
#include "pipeline/shards/index/foreign_index.hpp"
#include "pipeline/shards/read/axes.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/statistics/value_range.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace tacit::shards {
namespace {

std::string single_text(hid_t file, const std::string& name, const std::string& path) {
    const std::vector<std::string> texts = h5::text_attribute(file, name, path);
    return texts.empty() ? std::string() : texts.front();
}

int side(hid_t file, const std::string& name, const std::string& path) {
    const std::int64_t value = h5::integer_attribute(file, name, path);
    if (value < 0 || value > static_cast<std::int64_t>(kMaxSide)) {
        throw DataError(fmt::format("{}: attribute '{}' is {}, out of range", path, name, value));
    }
    return static_cast<int>(value);
}

FileIndex read_attributes(hid_t file, const std::string& path) {
    const std::int64_t version = h5::integer_attribute(file, "tacit_format", path);
    if (version != kFormatVersion) {
        throw DataError(fmt::format("{}: shard format {}, this program reads {}; import the images again", path,
                                    version, kFormatVersion));
    }
    FileIndex index;
    index.path = path;
    index.format = "tacit";
    index.split = single_text(file, "split", path);
    index.source = single_text(file, "source", path);
    index.classes = h5::text_attribute(file, "classes", path);
    index.mean = h5::number_attribute(file, "mean", path);
    index.std = h5::number_attribute(file, "std", path);
    index.total = h5::integer_attribute(file, "total", path);
    index.shape = {side(file, "height", path), side(file, "width", path), side(file, "channels", path)};
    const auto channels = static_cast<std::size_t>(index.shape.channels);
    if (index.shape.channels < 1 || index.shape.channels > kMaxImageChannels || index.mean.size() != channels ||
        index.std.size() != channels) {
        throw DataError(fmt::format("{}: attributes channels, mean and std do not agree", path));
    }
    if (h5::has_attribute(file, "value_range", path)) {
        index.value_range = h5::number_attribute(file, "value_range", path);
        if (index.value_range.size() != 2 || !(index.value_range[0] < index.value_range[1])) {
            throw DataError(fmt::format("{}: attribute 'value_range' is not [low, high]", path));
        }
    }
    return index;
}

h5::Located located(hid_t file, const std::string& path, const char* name) {
    const std::string where = fmt::format("{}: {}", path, name);
    H5Iinc_ref(file); // the handle below gives it back
    return {path, name, h5::Handle(file), h5::checked(H5Dopen2(file, name, H5P_DEFAULT), where)};
}

/// A whole 1-D data set of integers, each as a T, which `memory` describes. Throws DataError if it is missing, holds
/// something else, has another length than `count` or leaves the file.
template <class T>
std::vector<T> read_column(hid_t file, const std::string& path, const char* name, hid_t memory, std::int64_t count,
                           std::uint64_t file_bytes) {
    const h5::Located at = located(file, path, name);
    const std::string where = fmt::format("{}: {}", path, name);
    const std::vector<hsize_t> dims = h5::dimensions(at.object.get());
    if (dims.size() != 1 || dims[0] != static_cast<hsize_t>(count)) {
        throw DataError(fmt::format("{}: has shape {}, expected ({},); import the images again", where,
                                    h5::shape_text(dims), count));
    }
    h5::contiguous_extent(at.object.get(), file_bytes, where);
    if (H5Tget_class(h5::checked(H5Dget_type(at.object.get()), where).get()) != H5T_INTEGER) {
        throw DataError(fmt::format("{}: holds no integers; import the images again", where));
    }
    return h5::read_values<T>(at.object.get(), memory, where);
}

/// The offsets of the encoded layout, which are part of what `index_checksum` covers.
std::vector<std::uint64_t> index_encoded(hid_t file, std::uint64_t file_bytes, FileIndex& index) {
    const h5::Located offsets = located(file, index.path, "offsets");
    const std::vector<hsize_t> dims = h5::dimensions(offsets.object.get());
    if (dims.size() != 1 || dims[0] < 1) {
        throw DataError(fmt::format("{}: offsets: has shape {}, expected (N + 1,)", index.path, h5::shape_text(dims)));
    }
    index.parts.push_back(h5::blob_part(located(file, index.path, "bytes"), offsets));
    index.count = index.parts.back().count;
    if (index.count + 1 != static_cast<std::int64_t>(dims[0])) {
        throw DataError(fmt::format("{}: offsets do not end where bytes end; import the images again", index.path));
    }
    return read_column<std::uint64_t>(file, index.path, "offsets", H5T_NATIVE_UINT64, index.count + 1, file_bytes);
}

void index_raw(hid_t file, const FileBytes& bytes, FileIndex& index) {
    const h5::Located at = located(file, index.path, "images");
    const std::string where = index.path + ": images";
    const h5::Handle type = h5::checked(H5Dget_type(at.object.get()), where);
    const std::optional<Element> element = h5::element_of(type.get());
    const std::vector<hsize_t> dims = h5::dimensions(at.object.get());
    const auto matches = [](hsize_t dim, int expected) { return dim == static_cast<hsize_t>(expected); };
    if (!element || dims.size() != 4 || !matches(dims[1], index.shape.height) || !matches(dims[2], index.shape.width) ||
        !matches(dims[3], index.shape.channels) || index.shape.bytes() == 0) {
        throw DataError(fmt::format("{}: has shape {}, the attributes say (N, {}, {}, {})", where, h5::shape_text(dims),
                                    index.shape.height, index.shape.width, index.shape.channels));
    }
    ImagePart part;
    part.array = h5::index_array(at.object.get(), bytes, "images");
    part.axes = "NHWC";
    part.count = static_cast<std::int64_t>(dims[0]);
    index.count = part.count;
    index.element = *element;
    index.parts.push_back(std::move(part));
}

double largest_of(Element element) {
    constexpr double kLargestOfI16 = 32767; // black is -32768: the unit is not the end of the range
    return element == Element::i16 ? kLargestOfI16 : natural_range(element).empty() ? 1 : natural_range(element)[1];
}

/// Stored mean and std are in the units of format.hpp; readers want them between black (0) and white (1).
void scale_statistics(FileIndex& index) {
    if (index.value_range.empty()) {
        index.value_range = natural_range(index.element);
    }
    const bool from_zero = index.element == Element::u8 || index.element == Element::u16;
    if (index.value_range.empty() || (from_zero && index.value_range == natural_range(index.element))) {
        return;
    }
    const double unit = largest_of(index.element);
    const double half_low = index.value_range[0] / 2;
    const double half_width = index.value_range[1] / 2 - half_low; // the whole may be beyond double
    for (double& mean : index.mean) {
        mean = (mean * unit / 2 - half_low) / half_width;
    }
    for (double& deviation : index.std) {
        deviation = deviation * unit / 2 / half_width;
    }
}

void check_texts(hid_t file, const FileIndex& index, const std::string& layout, const std::string& element) {
    if (h5::has_attribute(file, "text_checksum", index.path) && // older shards have none
        h5::integer_attribute(file, "text_checksum", index.path) !=
            text_checksum(layout, index.split, index.source, element, index.classes)) {
        throw DataError(fmt::format("{}: layout, split, source or classes are damaged (their checksum differs); import "
                                    "the images again",
                                    index.path));
    }
}

void read_columns(hid_t file, std::uint64_t file_bytes, const std::vector<std::uint64_t>& offsets, FileIndex& index) {
    index.labels = read_column<std::int32_t>(file, index.path, "labels", H5T_NATIVE_INT32, index.count, file_bytes);
    const auto ids = read_column<std::uint64_t>(file, index.path, "ids", H5T_NATIVE_UINT64, index.count, file_bytes);
    index.checksums =
        read_column<std::uint32_t>(file, index.path, "checksums", H5T_NATIVE_UINT32, index.count, file_bytes);
    if (h5::integer_attribute(file, "index_checksum", index.path) !=
        column_checksum(index.labels, ids, index.checksums, offsets)) {
        throw DataError(fmt::format("{}: labels, ids, checksums or offsets are damaged (their checksum differs); "
                                    "import the images again",
                                    index.path));
    }
    for (std::size_t i = 0; i < index.labels.size(); ++i) {
        if (index.labels[i] < -1 || index.labels[i] >= static_cast<std::int64_t>(index.classes.size())) {
            throw DataError(fmt::format("{}: labels: image {} has class {}, but there are {} classes", index.path, i,
                                        index.labels[i], index.classes.size()));
        }
    }
}

/// What finds images and their meaning in files of others has no say in a shard.
void refuse_keys(const DataSpec& spec, const std::string& path) {
    const std::pair<const char*, bool> keys[] = {{"images", !spec.images.empty()},
                                                 {"labels", !spec.labels.empty()},
                                                 {"axes", !spec.axes.empty()},
                                                 {"range", !spec.range.empty()},
                                                 {"split_by", !spec.split_by.empty()}};
    for (const auto& [key, given] : keys) {
        if (given) {
            throw ConfigError(fmt::format("{}: data.{} is for files of others; a shard of Tacit's own says its images, "
                                          "labels, axes, range and split itself; leave it out",
                                          path, key));
        }
    }
}

} // namespace

FileIndex index_file(const std::string& path, const DataSpec& spec, const std::string& split) {
    const h5::Session session;
    const FileBytes bytes(path);
    const h5::Handle file = h5::open_file(path);
    if (!h5::has_attribute(file.get(), "tacit_format", path)) {
        if (h5::has_attribute(file.get(), "index_checksum", path)) {
            throw DataError(fmt::format("{}: is an unfinished shard; import the images again", path));
        }
        return index_foreign(path, spec, split);
    }
    refuse_keys(spec, path);
    FileIndex index = read_attributes(file.get(), path);
    if (!split.empty() && index.split != split) {
        throw DataError(fmt::format("{}: holds split '{}', not '{}'", path, index.split, split));
    }
    const std::string layout = single_text(file.get(), "layout", path);
    if (layout != "raw" && layout != "encoded") {
        throw DataError(fmt::format("{}: attribute 'layout' is '{}', expected raw or encoded", path, layout));
    }
    const bool tells_element = h5::has_attribute(file.get(), "element", path);
    const std::string element = tells_element ? single_text(file.get(), "element", path) : std::string();
    check_texts(file.get(), index, layout, element);
    std::vector<std::uint64_t> offsets;
    if (layout == "raw") {
        index_raw(file.get(), bytes, index);
    } else {
        offsets = index_encoded(file.get(), bytes.size(), index);
        if (tells_element) {
            if (element != "u16") {
                throw DataError(fmt::format("{}: attribute 'element' of an encoded shard is not u16", path));
            }
            index.element = Element::u16;
        }
    }
    scale_statistics(index);
    read_columns(file.get(), bytes.size(), offsets, index);
    return index;
}

} // namespace tacit::shards
