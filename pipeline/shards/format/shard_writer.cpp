// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/format/shard_writer.hpp"

#include "pipeline/base/files.hpp"
#include "pipeline/shards/format/shard_files.hpp"
#include "pipeline/shards/format/shard_texts.hpp"
#include "pipeline/shards/hdf5/handle.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

namespace tacit::shards {
namespace {

/// Objects without time stamps: equal content gives equal files.
h5::Handle dataset_properties(const std::string& where) {
    h5::Handle properties = h5::checked(H5Pcreate(H5P_DATASET_CREATE), where);
    h5::require(H5Pset_obj_track_times(properties.get(), 0), where);
    h5::require(H5Pset_layout(properties.get(), H5D_CONTIGUOUS), where);
    h5::require(H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER), where);
    return properties;
}

void write_dataset(hid_t file, const std::string& path, const char* name, hid_t file_type, hid_t memory_type,
                   const std::vector<hsize_t>& dims, const void* data) {
    const std::string where = path + ": " + name;
    const h5::Handle space = h5::checked(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), where);
    const h5::Handle dataset = h5::checked(
        H5Dcreate2(file, name, file_type, space.get(), H5P_DEFAULT, dataset_properties(where).get(), H5P_DEFAULT),
        where);
    h5::require(H5Dwrite(dataset.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), where);
}

void write_attribute(hid_t file, const std::string& path, const char* name, hid_t file_type, hid_t memory_type,
                     hid_t space, const void* data) {
    const std::string where = path + ": attribute " + name;
    const h5::Handle attribute = h5::checked(H5Acreate2(file, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT), where);
    h5::require(H5Awrite(attribute.get(), memory_type, data), where);
}

void write_integer(hid_t file, const std::string& path, const char* name, std::int64_t value) {
    const h5::Handle space(H5Screate(H5S_SCALAR));
    write_attribute(file, path, name, H5T_STD_I64LE, H5T_NATIVE_INT64, space.get(), &value);
}

void write_numbers(hid_t file, const std::string& path, const char* name, const std::vector<double>& values) {
    const hsize_t count = values.size();
    const h5::Handle space(H5Screate_simple(1, &count, nullptr));
    write_attribute(file, path, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, space.get(), values.data());
}

/// Of fixed length: variable-length texts would lie in HDF5's global heap, which has no checksum, and libhdf5 (1.10.8)
/// crashes on a damaged one.
h5::Handle text_type(std::size_t bytes) {
    h5::Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), std::max<std::size_t>(bytes, 1));
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
    return type;
}

/// Every text padded with zeros to the length of the longest.
void write_texts(hid_t file, const std::string& path, const char* name, const std::vector<std::string>& texts,
                 hid_t space) {
    std::size_t longest = 1;
    for (const std::string& text : texts) {
        longest = std::max(longest, text.size());
    }
    std::string data;
    for (const std::string& text : texts) {
        data += text;
        data.resize(data.size() + longest - text.size());
    }
    const h5::Handle type = text_type(longest);
    write_attribute(file, path, name, type.get(), type.get(), space, data.data());
}

void write_text(hid_t file, const std::string& path, const char* name, const std::string& text) {
    const h5::Handle space(H5Screate(H5S_SCALAR));
    write_texts(file, path, name, {text}, space.get());
}

void write_list(hid_t file, const std::string& path, const char* name, const std::vector<std::string>& texts) {
    const hsize_t count = texts.size();
    const h5::Handle space(H5Screate_simple(1, &count, nullptr));
    write_texts(file, path, name, texts, space.get());
}

h5::Handle create_file(const std::string& path) {
    const h5::Handle creation = h5::checked(H5Pcreate(H5P_FILE_CREATE), path);
    h5::require(H5Pset_obj_track_times(creation.get(), 0), path);
    const h5::Handle access = h5::checked(H5Pcreate(H5P_FILE_ACCESS), path);
    h5::require(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V18), path);
    h5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation.get(), access.get()));
    h5::require(file.valid() ? 0 : -1, path + ": cannot create");
    return file;
}

/// H5Fclose reports the write errors that closing by reference count would lose.
void close_file(h5::Handle file, const std::string& path) {
    h5::require(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), path);
    file.close();
}

static_assert(std::endian::native == std::endian::little, "images are written as they lie in memory");

/// IEEE 754 binary16, as h5py and newer versions of HDF5 define it.
h5::Handle half_type() {
    h5::Handle type(H5Tcopy(H5T_IEEE_F32LE));
    H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
    H5Tset_size(type.get(), 2);
    H5Tset_ebias(type.get(), 15);
    return type;
}

h5::Handle element_type(Element element) {
    switch (element) {
    case Element::u8:
        return h5::Handle(H5Tcopy(H5T_STD_U8LE));
    case Element::u16:
        return h5::Handle(H5Tcopy(H5T_STD_U16LE));
    case Element::i16:
        return h5::Handle(H5Tcopy(H5T_STD_I16LE));
    case Element::f16:
        return half_type();
    case Element::f32:
        return h5::Handle(H5Tcopy(H5T_IEEE_F32LE));
    case Element::f64:
        return h5::Handle(H5Tcopy(H5T_IEEE_F64LE));
    case Element::bf16:
        break;
    }
    throw std::logic_error("ShardWriter: HDF5 shards do not hold bf16");
}

} // namespace

void seal_shard(const std::string& path, const SplitTotals& totals) {
    const h5::Session session;
    h5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
    h5::require(file.valid() ? 0 : -1, path + ": cannot reopen");
    write_numbers(file.get(), path, "mean", totals.mean);
    write_numbers(file.get(), path, "std", totals.std);
    if (!totals.value_range.empty()) {
        write_numbers(file.get(), path, "value_range", totals.value_range);
    }
    write_integer(file.get(), path, "total", totals.images);
    write_integer(file.get(), path, "tacit_format", kFormatVersion);
    close_file(std::move(file), path);
    fsync_path(path);
}

ShardWriter::ShardWriter(std::string folder, SplitDescription description, std::int64_t shard_bytes, int first_shard)
    : folder_(std::move(folder)), description_(std::move(description)),
      shard_bytes_(static_cast<std::size_t>(shard_bytes)), first_shard_(first_shard) {}

void ShardWriter::add(std::span<const std::uint8_t> bytes, std::uint32_t checksum, std::int32_t label,
                      std::uint64_t id) {
    if (description_.layout == Layout::raw &&
        bytes.size() != description_.shape.bytes() * element_bytes(description_.element)) {
        throw std::logic_error("ShardWriter: image has another size than the split");
    }
    if (!fits(bytes.size())) {
        flush();
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    offsets_.push_back(bytes_.size());
    labels_.push_back(label);
    ids_.push_back(id);
    checksums_.push_back(checksum);
    ++total_;
}

void ShardWriter::flush() {
    if (labels_.empty()) {
        return;
    }
    const h5::Session session;
    const std::string path = shard_path(folder_, description_.split, first_shard_ + static_cast<int>(files_.size()));
    h5::Handle file = create_file(path);
    if (description_.layout == Layout::raw) {
        offsets_.clear();
    }
    write_data(file.get(), path);
    write_description(file.get(), path);
    close_file(std::move(file), path);
    files_.push_back(path);
    bytes_.clear();
    offsets_.assign(1, 0);
    labels_.clear();
    ids_.clear();
    checksums_.clear();
}

void ShardWriter::write_data(std::int64_t file, const std::string& path) const {
    const hsize_t count = labels_.size();
    const auto extent = [](int value) { return static_cast<hsize_t>(value); };
    const augment::ImageShape& shape = description_.shape;
    if (description_.layout == Layout::raw) {
        const h5::Handle type = element_type(description_.element);
        write_dataset(file, path, "images", type.get(), type.get(),
                      {count, extent(shape.height), extent(shape.width), extent(shape.channels)}, bytes_.data());
    } else {
        write_dataset(file, path, "bytes", H5T_STD_U8LE, H5T_NATIVE_UINT8, {bytes_.size()}, bytes_.data());
        write_dataset(file, path, "offsets", H5T_STD_U64LE, H5T_NATIVE_UINT64, {count + 1}, offsets_.data());
    }
    write_dataset(file, path, "labels", H5T_STD_I32LE, H5T_NATIVE_INT32, {count}, labels_.data());
    write_dataset(file, path, "ids", H5T_STD_U64LE, H5T_NATIVE_UINT64, {count}, ids_.data());
    write_dataset(file, path, "checksums", H5T_STD_U32LE, H5T_NATIVE_UINT32, {count}, checksums_.data());
}

void ShardWriter::write_description(std::int64_t file, const std::string& path) const {
    write_integer(file, path, "index_checksum", column_checksum(labels_, ids_, checksums_, offsets_));
    const std::string layout = description_.layout == Layout::raw ? "raw" : "encoded";
    const bool tells_element = description_.layout == Layout::encoded && description_.element != Element::u8;
    const std::string element(tells_element ? element_name(description_.element) : "");
    write_integer(file, path, "text_checksum",
                  text_checksum(layout, description_.split, description_.source, element, description_.classes));
    write_text(file, path, "layout", layout);
    write_text(file, path, "split", description_.split);
    write_text(file, path, "source", description_.source);
    write_list(file, path, "classes", description_.classes);
    write_integer(file, path, "channels", description_.shape.channels);
    write_integer(file, path, "height", description_.shape.height);
    write_integer(file, path, "width", description_.shape.width);
    if (tells_element) {
        write_text(file, path, "element", element);
    }
}

void ShardWriter::seal(const std::vector<double>& mean, const std::vector<double>& std) {
    flush();
    for (const std::string& path : files_) {
        seal_shard(path, {mean, std, {}, total_});
    }
}

} // namespace tacit::shards
