// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/handle.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/hdf5/precheck.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <mutex>
#include <optional>
#include <unistd.h>

namespace tacit::shards::h5 {
namespace {

constexpr hsize_t kMaxAttributeElements = 1U << 20;
constexpr hssize_t kMaxTexts = 1 << 28;

std::recursive_mutex& library_mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

herr_t keep_innermost(unsigned, const H5E_error2_t* error, void* out) {
    if (error != nullptr && error->desc != nullptr) {
        try {
            *static_cast<std::string*>(out) = error->desc;
        } catch (const std::bad_alloc&) {
            return -1;
        }
    }
    return 0;
}

[[noreturn]] void bad_attribute(const std::string& where, const std::string& name, const std::string& what) {
    throw DataError(fmt::format("{}: attribute '{}' {}", where, name, what));
}

struct Attribute {
    Handle id;
    Handle type;
    hsize_t count = 0;
};

Attribute open_attribute(hid_t object, const std::string& name, const std::string& where) {
    if (!has_attribute(object, name, where)) {
        bad_attribute(where, name, "is missing; this is not a complete Tacit shard, import the images again");
    }
    Attribute attribute;
    attribute.id = checked(H5Aopen(object, name.c_str(), H5P_DEFAULT), where);
    attribute.type = checked(H5Aget_type(attribute.id.get()), where);
    if (const H5T_class_t kind = H5Tget_class(attribute.type.get()); kind == H5T_INTEGER || kind == H5T_FLOAT) {
        check_number(attribute.type.get(), fmt::format("{}: attribute '{}'", where, name));
    }
    const Handle space = checked(H5Aget_space(attribute.id.get()), where);
    const hssize_t points = H5Sget_simple_extent_npoints(space.get());
    if (points < 0 || static_cast<hsize_t>(points) > kMaxAttributeElements) {
        bad_attribute(where, name, fmt::format("claims {} elements", points));
    }
    attribute.count = static_cast<hsize_t>(points);
    return attribute;
}

/// Texts of `count` elements of `type`, which `read(type, buffer)` fetches from `object`; nullopt if it fails.
template <class Read>
std::optional<std::vector<std::string>> read_elements(hid_t object, hid_t type, hid_t space, hsize_t count,
                                                      const std::string& where, const Read& read) {
    require_plausible(object, count, where);
    std::vector<std::string> texts;
    texts.reserve(static_cast<std::size_t>(count));
    if (H5Tis_variable_str(type) > 0) {
        std::vector<char*> raw(static_cast<std::size_t>(count), nullptr);
        if (count > 0 && read(type, static_cast<void*>(raw.data())) < 0) {
            return std::nullopt;
        }
        for (const char* text : raw) {
            texts.emplace_back(text == nullptr ? "" : text);
        }
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, static_cast<void*>(raw.data()));
        return texts;
    }
    const std::size_t width = H5Tget_size(type);
    constexpr std::size_t kMaxWidth = std::size_t{1} << 16;
    if (width == 0 || width > kMaxWidth) {
        return std::nullopt;
    }
    require_plausible(object, std::uint64_t{width} * count, where);
    std::vector<char> raw(width * static_cast<std::size_t>(count));
    if (count > 0 && read(type, static_cast<void*>(raw.data())) < 0) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const std::string padded(raw.data() + i * width, width);
        texts.push_back(padded.substr(0, padded.find('\0')));
    }
    return texts;
}

} // namespace

Session::Session() {
    // Damaged files leave objects that the library's clean-up at exit cannot close; all of ours are closed.
    [[maybe_unused]] static const herr_t kNoExitHandler = H5dont_atexit();
    library_mutex().lock();
    H5Eget_auto2(H5E_DEFAULT, &printer_, &printer_data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Session::~Session() {
    H5Eset_auto2(H5E_DEFAULT, printer_, printer_data_);
    library_mutex().unlock();
}

Handle& Handle::operator=(Handle&& other) noexcept {
    if (this != &other) {
        close();
        id_ = std::exchange(other.id_, H5I_INVALID_HID);
    }
    return *this;
}

void Handle::close() noexcept {
    if (id_ >= 0) {
        H5Idec_ref(id_);
    }
    id_ = H5I_INVALID_HID;
}

std::string reason() {
    std::string text;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned n, const H5E_error2_t* error, void* out) { return n == 0 ? keep_innermost(n, error, out) : 0; },
        &text);
    return text.empty() ? "HDF5 gave no reason" : text;
}

Handle checked(hid_t id, const std::string& where) {
    if (id < 0) {
        throw DataError(fmt::format("{}: {}", where, reason()));
    }
    return Handle(id);
}

void require(herr_t status, const std::string& where) {
    if (status < 0) {
        throw IoError(fmt::format("{}: {}", where, reason()));
    }
}

Handle open_file(const std::string& path) {
    if (access(path.c_str(), R_OK) != 0) {
        throw IoError(fmt::format("{}: cannot open: {}", path, errno_text()));
    }
    try {
        check_superblock(FileBytes(path));
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}: not a readable HDF5 file: {}", path, error.what()));
    }
    const Handle access_list = checked(H5Pcreate(H5P_FILE_ACCESS), path);
#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(access_list.get(), 0, 1);
#endif
    Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access_list.get()));
    if (!file.valid()) {
        throw DataError(fmt::format("{}: not a readable HDF5 file ({})", path, reason()));
    }
    try {
        check_object(file.get(), "/", FileBytes(path));
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}: {}", path, error.what()));
    }
    return file;
}

bool has_object(hid_t file, const std::string& name) {
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
        if (H5Lexists(file, name.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) {
            return false;
        }
    }
    return H5Lexists(file, name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<hsize_t> dimensions(hid_t dataset) {
    const Handle space(H5Dget_space(dataset));
    const int rank = space.valid() ? H5Sget_simple_extent_ndims(space.get()) : 0;
    std::vector<hsize_t> dims(static_cast<std::size_t>(std::max(rank, 0)));
    if (rank > 0) {
        H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
    }
    return dims;
}

void require_plausible(hid_t object, std::uint64_t claimed, const std::string& where) {
    constexpr std::uint64_t kUnwritten = std::uint64_t{1} << 24;
    constexpr std::uint64_t kShrinking = 1024;
    const Handle file(H5Iget_file_id(object));
    hsize_t bytes = 0;
    if (H5Fget_filesize(file.get(), &bytes) < 0) {
        throw DataError(fmt::format("{}: {}", where, reason()));
    }
    if (claimed > kUnwritten && (claimed - kUnwritten) / kShrinking > bytes) {
        throw DataError(fmt::format("{}: claims {} elements in a file of {} bytes", where, claimed, bytes));
    }
}

std::string shape_text(const std::vector<hsize_t>& dims) {
    return fmt::format("({}{})", fmt::join(dims, ", "), dims.size() == 1 ? "," : "");
}

bool has_attribute(hid_t object, const std::string& name, const std::string& where) {
    const htri_t found = H5Aexists(object, name.c_str());
    if (found < 0) {
        throw DataError(fmt::format("{}: its attributes are damaged: {}", where, reason()));
    }
    return found > 0;
}

std::int64_t integer_attribute(hid_t object, const std::string& name, const std::string& where) {
    const Attribute attribute = open_attribute(object, name, where);
    std::int64_t value = 0;
    if (attribute.count != 1 || H5Tget_class(attribute.type.get()) != H5T_INTEGER ||
        H5Aread(attribute.id.get(), H5T_NATIVE_INT64, &value) < 0) {
        bad_attribute(where, name, "is not one integer");
    }
    return value;
}

std::vector<double> number_attribute(hid_t object, const std::string& name, const std::string& where) {
    const Attribute attribute = open_attribute(object, name, where);
    std::vector<double> values(static_cast<std::size_t>(attribute.count));
    const H5T_class_t kind = H5Tget_class(attribute.type.get());
    if ((kind != H5T_FLOAT && kind != H5T_INTEGER) ||
        (!values.empty() && H5Aread(attribute.id.get(), H5T_NATIVE_DOUBLE, values.data()) < 0)) {
        bad_attribute(where, name, "does not hold numbers");
    }
    return values;
}

std::vector<std::string> text_attribute(hid_t object, const std::string& name, const std::string& where) {
    const Attribute attribute = open_attribute(object, name, where);
    if (H5Tget_class(attribute.type.get()) != H5T_STRING) {
        bad_attribute(where, name, "is not text");
    }
    const Handle space(H5Aget_space(attribute.id.get()));
    auto texts = read_elements(object, attribute.type.get(), space.get(), attribute.count, where,
                               [&](hid_t type, void* to) { return H5Aread(attribute.id.get(), type, to); });
    if (!texts) {
        bad_attribute(where, name, "cannot be read: " + reason());
    }
    return std::move(*texts);
}

std::vector<std::string> read_texts(hid_t dataset, const std::string& where) {
    const Handle type = checked(H5Dget_type(dataset), where);
    const Handle space = checked(H5Dget_space(dataset), where);
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    if (H5Tget_class(type.get()) != H5T_STRING || count < 0 || count > kMaxTexts) {
        throw DataError(fmt::format("{}: is no list of texts", where));
    }
    if (H5Tis_variable_str(type.get()) > 0) {
        check_text_heap(dataset);
    }
    auto texts = read_elements(
        dataset, type.get(), space.get(), static_cast<hsize_t>(count), where,
        [&](hid_t memory, void* to) { return H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to); });
    if (!texts) {
        throw DataError(fmt::format("{}: cannot be read: {}", where, reason()));
    }
    return std::move(*texts);
}

Extent contiguous_extent(hid_t dataset, std::uint64_t file_bytes, const std::string& where) {
    const Handle properties = checked(H5Dget_create_plist(dataset), where);
    const H5D_layout_t layout = H5Pget_layout(properties.get());
    if (layout != H5D_CONTIGUOUS) {
        throw DataError(fmt::format("{}: stored {}; Tacit reads contiguous data sets (in h5py: create_dataset without "
                                    "chunks or compression)",
                                    where, layout == H5D_CHUNKED ? "in chunks" : "in an unusual layout"));
    }
    const Handle type = checked(H5Dget_type(dataset), where);
    std::uint64_t bytes = H5Tget_size(type.get());
    for (const hsize_t dim : dimensions(dataset)) {
        if (dim != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / dim) {
            throw DataError(fmt::format("{}: claims an impossible shape {}", where, shape_text(dimensions(dataset))));
        }
        bytes *= dim;
    }
    if (bytes == 0) {
        return {};
    }
    const haddr_t address = H5Dget_offset(dataset);
    if (address == HADDR_UNDEF) {
        throw DataError(
            fmt::format("{}: holds no data in this file (never written, or kept in an external file)", where));
    }
    if (address > file_bytes || bytes > file_bytes - address) {
        throw DataError(fmt::format("{}: claims bytes {} to {} of a file of {} bytes; the file is truncated or damaged",
                                    where, address, address + bytes, file_bytes));
    }
    return {address, bytes};
}

} // namespace tacit::shards::h5
