// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/raw/older_view.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <sys/stat.h>

namespace tacit::shards::h5 {
namespace {

/// A file as libhdf5 sees it: read-only, some bytes shown otherwise.
struct View : H5FD_t {
    explicit View(const char* path) : H5FD_t{}, file(path) {}
    FileBytes file;
    haddr_t end = 0;
    std::map<std::uint64_t, std::uint8_t> shown; ///< by place in the file
};

View& view(H5FD_t* file) {
    return *static_cast<View*>(file);
}

const View& view(const H5FD_t* file) {
    return *static_cast<const View*>(file);
}

H5FD_t* open_view(const char* path, unsigned flags, hid_t, haddr_t) {
    try {
        return (flags & H5F_ACC_RDWR) != 0 ? nullptr : new View(path);
    } catch (const std::exception&) { // none may pass through libhdf5
        return nullptr;
    }
}

herr_t close_view(H5FD_t* file) {
    delete &view(file);
    return 0;
}

/// Two views of one file are one file.
int compare_views(const H5FD_t* a, const H5FD_t* b) {
    struct stat first {};
    struct stat second {};
    ::stat(view(a).file.path().c_str(), &first);
    ::stat(view(b).file.path().c_str(), &second);
    const std::pair key(first.st_dev, first.st_ino);
    const std::pair other(second.st_dev, second.st_ino);
    return key < other ? -1 : key > other ? 1 : 0;
}

herr_t query_view(const H5FD_t*, unsigned long* flags) {
    if (flags != nullptr) {
        *flags = H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    }
    return 0;
}

herr_t handle_of_view(H5FD_t* file, hid_t, void** handle) {
    *handle = &view(file);
    return 0;
}

/// Beyond the end are zeros, as libhdf5's own drivers say.
herr_t read_view(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* to) {
    try {
        const View& from = view(file);
        auto* out = static_cast<std::uint8_t*>(to);
        const std::uint64_t there = address < from.file.size() ? std::min(size, from.file.size() - address) : 0;
        from.file.read(address, out, static_cast<std::size_t>(there));
        std::fill(out + there, out + size, std::uint8_t{0});
        for (auto at = from.shown.lower_bound(address); at != from.shown.end() && at->first - address < size; ++at) {
            out[at->first - address] = at->second;
        }
        return 0;
    } catch (const std::exception&) {
        return -1;
    }
}

H5FD_class_t driver() {
    H5FD_class_t made{};
#if H5_VERSION_GE(1, 13, 0)
    made.version = H5FD_CLASS_VERSION;
    made.value = static_cast<H5FD_class_value_t>(H5_VFD_RESERVED + 1);
#endif
    made.name = "tacit_older_view";
    made.maxaddr = (haddr_t{1} << 63) - 1;
    made.fc_degree = H5F_CLOSE_WEAK;
    made.open = open_view;
    made.close = close_view;
    made.cmp = compare_views;
    made.query = query_view;
    made.get_eoa = [](const H5FD_t* file, H5FD_mem_t) { return view(file).end; };
    made.set_eoa = [](H5FD_t* file, H5FD_mem_t, haddr_t end) -> herr_t {
        view(file).end = end;
        return 0;
    };
    made.get_eof = [](const H5FD_t* file, H5FD_mem_t) -> haddr_t { return view(file).file.size(); };
    made.get_handle = handle_of_view;
    made.read = read_view;
    made.write = [](H5FD_t*, H5FD_mem_t, hid_t, haddr_t, std::size_t, const void*) -> herr_t { return -1; };
    return made;
}

hid_t driver_id() {
    static const H5FD_class_t kDriver = driver();
    static const hid_t kId = H5FDregister(&kDriver);
    return kId;
}

View* view_of(hid_t object) {
    const Handle file(H5Iget_file_id(object));
    const Handle access(H5Fget_access_plist(file.get()));
    void* found = nullptr;
    const bool viewed =
        H5Pget_driver(access.get()) == driver_id() && H5Fget_vfd_handle(file.get(), access.get(), &found) >= 0;
    return viewed ? static_cast<View*>(found) : nullptr;
}

/// Bytes of a layout message before the address of its index; 0: the index is none that has wider entries. Throws
/// DataError where the message ends before that address does.
std::size_t index_place(Message message) {
    constexpr std::uint8_t kChunked = 2;
    constexpr std::size_t kFixedArray = 3;
    constexpr std::array<std::size_t, 6> kParameters = {0, 0, 0, 1, 5, 6};
    message.skip(1);
    if (message.u8() != kChunked) {
        return 0;
    }
    message.skip(1);
    const std::size_t dimensions = message.u8();
    message.skip(dimensions * message.u8());
    const std::size_t kind = message.u8();
    if (kind < kFixedArray || kind >= kParameters.size()) {
        return 0;
    }
    message.skip(kParameters[kind]);
    const std::size_t place = message.place();
    message.skip(sizeof(haddr_t));
    return place;
}

} // namespace

void use_older_view(hid_t access_list) {
    static_assert(sizeof(haddr_t) == sizeof(std::uint64_t));
    if (driver_id() < 0 || H5Pset_driver(access_list, driver_id(), nullptr) < 0) {
        throw IoError("libhdf5 takes no file driver: " + reason());
    }
}

void show_older_layout(hid_t object, const MetadataFile& file, const Message& message) {
    View* const shown = view_of(object);
    if (shown == nullptr) {
        return;
    }
    const std::size_t index = index_place(message);
    const auto at = static_cast<std::size_t>(message.at - message.block);
    MetadataBlock block = file.read(message.block, std::max<std::uint64_t>(message.bytes, at + message.left()));
    const std::uint8_t* const stored = block.take(block.left());
    std::vector<std::uint8_t> bytes(stored, stored + block.place());
    bytes.at(at) = kNewerLayout - 1;
    if (index != 0) { // byte 0 of the file is its superblock
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at + index), sizeof(haddr_t), std::uint8_t{0});
    }
    if (message.bytes != 0) {
        const std::uint32_t checksum = metadata_checksum(bytes.data(), bytes.size());
        const auto* parts = reinterpret_cast<const std::uint8_t*>(&checksum); // NOLINT: hosts are little-endian
        bytes.insert(bytes.end(), parts, parts + sizeof(checksum));
    }
    const std::uint64_t begin = file.base() + message.block;
    for (std::size_t i = at; i < bytes.size(); ++i) {
        if (i < at + message.left() || i >= message.bytes) {
            shown->shown[begin + i] = bytes[i];
        }
    }
}

void require_known_layout(hid_t dataset, const FileBytes& file, const std::string& where, const std::string& cause) {
#if !H5_VERSION_GE(2, 0, 0)
    const std::optional<std::uint64_t> base = base_address(dataset);
    const std::optional<std::uint64_t> header = header_address(dataset);
    std::optional<Message> layout =
        base && header ? find_message(MetadataFile(file, *base), *header, kLayoutMessage) : std::nullopt;
    if (layout && layout->u8() == kNewerLayout) {
        throw DataError(
            fmt::format("{}: has chunks as HDF5 2.0 writes them, and only libhdf5 reads {}, which is {} here; "
                        "{}",
                        where, cause, library_version(), kCopyRemedy));
    }
#endif
}

} // namespace tacit::shards::h5
