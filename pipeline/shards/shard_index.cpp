// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/shard_index.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/foreign_index.hpp"
#include "pipeline/shards/hdf5/column.hpp"
#include "pipeline/shards/hdf5/handle.hpp"

#include <fmt/format.h>

#include <limits>

namespace tacit::shards {
namespace {

constexpr std::int64_t kMaxSide = 65535;
constexpr int kMaxChannels = 4;

std::string single_text(hid_t file, const std::string& name, const std::string& path) {
    const std::vector<std::string> texts = h5::text_attribute(file, name, path);
    return texts.empty() ? std::string() : texts.front();
}

int side(hid_t file, const std::string& name, const std::string& path) {
    const std::int64_t value = h5::integer_attribute(file, name, path);
    if (value < 0 || value > kMaxSide) {
        throw DataError(fmt::format("{}: attribute '{}' is {}, out of range", path, name, value));
    }
    return static_cast<int>(value);
}

ShardIndex read_attributes(hid_t file, const std::string& path) {
    const std::int64_t version = h5::integer_attribute(file, "tacit_format", path);
    if (version != kFormatVersion) {
        throw DataError(fmt::format("{}: shard format {}, this program reads {}; import the images again", path,
                                    version, kFormatVersion));
    }
    ShardIndex index;
    index.path = path;
    index.split = single_text(file, "split", path);
    index.source = single_text(file, "source", path);
    index.classes = h5::text_attribute(file, "classes", path);
    index.mean = h5::number_attribute(file, "mean", path);
    index.std = h5::number_attribute(file, "std", path);
    index.total = h5::integer_attribute(file, "total", path);
    index.shape = {side(file, "height", path), side(file, "width", path), side(file, "channels", path)};
    const auto channels = static_cast<std::size_t>(index.shape.channels);
    if (index.shape.channels < 1 || index.shape.channels > kMaxChannels || index.mean.size() != channels ||
        index.std.size() != channels) {
        throw DataError(fmt::format("{}: attributes channels, mean and std do not agree", path));
    }
    const std::string layout = single_text(file, "layout", path);
    if (layout != "raw" && layout != "encoded") {
        throw DataError(fmt::format("{}: attribute 'layout' is '{}', expected raw or encoded", path, layout));
    }
    index.layout = layout == "raw" ? Layout::raw : Layout::encoded;
    index.dataset = index.layout == Layout::raw ? "images" : "bytes";
    return index;
}

/// Finds the images of the encoded layout within its `bytes` bytes.
void index_offsets(hid_t file, std::uint64_t file_bytes, const std::vector<hsize_t>& dims, std::uint64_t bytes,
                   ShardIndex& index) {
    const h5::Handle offsets = h5::checked(H5Dopen2(file, "offsets", H5P_DEFAULT), index.path + ": offsets");
    const std::vector<hsize_t> offset_dims = h5::dimensions(offsets.get());
    if (dims.size() != 1 || offset_dims.size() != 1 || offset_dims[0] < 1) {
        throw DataError(fmt::format("{}: shapes {} and {} of bytes and offsets are not (B,) and (N + 1,)", index.path,
                                    h5::shape_text(dims), h5::shape_text(offset_dims)));
    }
    index.count = static_cast<std::int64_t>(offset_dims[0]) - 1;
    index.offsets = h5::read_column<std::uint64_t>(file, index.path, "offsets", index.count + 1, file_bytes);
    for (std::size_t i = 0; i + 1 < index.offsets.size(); ++i) {
        if (index.offsets[i] > index.offsets[i + 1] || index.offsets[i + 1] > bytes) {
            throw DataError(fmt::format("{}: offsets: image {} claims bytes {} to {} of {}; import the images again",
                                        index.path, i, index.offsets[i], index.offsets[i + 1], bytes));
        }
    }
}

void index_image_bytes(hid_t file, std::uint64_t file_bytes, ShardIndex& index) {
    const std::string where = fmt::format("{}: {}", index.path, index.dataset);
    const h5::Handle dataset = h5::checked(H5Dopen2(file, index.dataset.c_str(), H5P_DEFAULT), where);
    const std::vector<hsize_t> dims = h5::dimensions(dataset.get());
    if (!h5::is_uint8(dataset.get())) {
        throw DataError(fmt::format("{}: elements are not uint8", where));
    }
    const h5::Extent extent = h5::contiguous_extent(dataset.get(), file_bytes, where);
    index.address = extent.address;
    if (index.layout == Layout::raw) {
        const auto matches = [](hsize_t dim, int expected) { return dim == static_cast<hsize_t>(expected); };
        if (dims.size() != 4 || !matches(dims[1], index.shape.height) || !matches(dims[2], index.shape.width) ||
            !matches(dims[3], index.shape.channels) || index.shape.bytes() == 0) {
            throw DataError(fmt::format("{}: has shape {}, the attributes say (N, {}, {}, {})", where,
                                        h5::shape_text(dims), index.shape.height, index.shape.width,
                                        index.shape.channels));
        }
        index.count = static_cast<std::int64_t>(dims[0]);
        return;
    }
    index_offsets(file, file_bytes, dims, extent.bytes, index);
}

template <class T> std::uint32_t continue_crc(const std::vector<T>& values, std::uint32_t crc) {
    return crc32c(values.data(), values.size() * sizeof(T), crc);
}

void read_columns(hid_t file, std::uint64_t file_bytes, ShardIndex& index) {
    index.labels = h5::read_column<std::int32_t>(file, index.path, "labels", index.count, file_bytes);
    const auto ids = h5::read_column<std::uint64_t>(file, index.path, "ids", index.count, file_bytes);
    index.checksums = h5::read_column<std::uint32_t>(file, index.path, "checksums", index.count, file_bytes);
    std::uint32_t crc = continue_crc(index.labels, 0);
    crc = continue_crc(ids, crc);
    crc = continue_crc(index.checksums, crc);
    crc = continue_crc(index.offsets, crc);
    if (h5::integer_attribute(file, "index_checksum", index.path) != static_cast<std::int64_t>(crc)) {
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

} // namespace

ShardIndex index_file(const std::string& path, const std::string& split) {
    const h5::Session session;
    const std::uint64_t file_bytes = FileBytes(path).size();
    const h5::Handle file = h5::open_file(path);
    if (!h5::has_attribute(file.get(), "tacit_format")) {
        if (h5::has_attribute(file.get(), "index_checksum")) {
            throw DataError(fmt::format("{}: is an unfinished shard; import the images again", path));
        }
        return index_foreign(file.get(), path, split, file_bytes);
    }
    ShardIndex index = read_attributes(file.get(), path);
    if (!split.empty() && index.split != split) {
        throw DataError(fmt::format("{}: holds split '{}', not '{}'", path, index.split, split));
    }
    index_image_bytes(file.get(), file_bytes, index);
    read_columns(file.get(), file_bytes, index);
    return index;
}

} // namespace tacit::shards
