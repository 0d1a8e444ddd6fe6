// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/handle.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/hdf5/raw/older_view.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace tacit::shards::h5 {
namespace {

std::recursive_mutex& library_mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

/// What H5Fget_name and the like tell of an object.
template <class Get> std::string text_of(hid_t object, const Get& get) {
    std::string text(static_cast<std::size_t>(std::max<ssize_t>(get(object, nullptr, 0), 0)) + 1, '\0');
    get(object, text.data(), text.size());
    text.pop_back();
    return text;
}

/// What libhdf5 says of an error where it met it.
struct Innermost {
    hid_t major = H5I_INVALID_HID;
    hid_t minor = H5I_INVALID_HID;
    int system = 0;   ///< errno
    std::string file; ///< that it was about to open; "": it does not say
    bool newer = false;
};

herr_t keep_innermost(unsigned place, const H5E_error2_t* error, void* out) {
    constexpr std::string_view kErrno = "errno = ";
    constexpr std::string_view kName = "name = '";
    auto& found = *static_cast<Innermost*>(out);
    if (place == 0 && error != nullptr) {
        const std::string_view text = error->desc == nullptr ? "" : error->desc;
        const std::size_t at = text.find(kErrno);
        found.major = error->maj_num;
        found.minor = error->min_num;
        found.newer = text.find("version number") != std::string_view::npos;
        if (at != std::string_view::npos) {
            std::from_chars(text.data() + at + kErrno.size(), text.data() + text.size(), found.system);
            const std::size_t name = text.find(kName);
            const std::size_t end = text.rfind("', ", at);
            if (name != std::string_view::npos && end != std::string_view::npos && name + kName.size() < end) {
                found.file = text.substr(name + kName.size(), end - name - kName.size());
            }
        }
    }
    return 0;
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
    Innermost found;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &found);
    if (found.system == EAGAIN) { // of a lock
        return "another process has it open for writing; wait until it is closed there, or read a copy";
    }
    if (found.system != 0) {
        const std::string text = std::generic_category().message(found.system);
        return found.file.empty() ? text : fmt::format("'{}': {}", one_line(found.file), text);
    }
    if (found.newer) {
        return fmt::format("written for a newer HDF5 than the {} here, or damaged; {}", library_version(), kCopyRemedy);
    }
    const std::array<std::pair<hid_t, const char*>, 10> words = {
        {{H5E_TRUNCATED, "it was cut off"},
         {H5E_NOFILTER, "it needs a filter that is not there"},
         {H5E_PLUGIN, "it needs a filter that is not there"}, // of a filter whose folder is not there
         {H5E_CANTFILTER, "its compressed bytes cannot be unpacked"},
         {H5E_PLINE, "its compressed bytes cannot be unpacked"},
         {H5E_READERROR, "bytes that it points to cannot be read"},
         {H5E_WRITEERROR, "its bytes cannot be written"},
         {H5E_CANTALLOC, "it asks for more memory than there is, or is damaged"},
         {H5E_NOTFOUND, "something that it points to is not there"},
         {H5E_LINK, "it is a link that leads nowhere"}}};
    const auto* const known = std::find_if(words.begin(), words.end(), [&](const auto& one) {
        return one.first == found.minor || one.first == found.major;
    });
    return known != words.end() ? known->second : "its structure is damaged, or unknown to this version";
}

std::string library_version() {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    return fmt::format("{}.{}.{}", major, minor, release);
}

Handle checked(hid_t id, const std::string& where) {
    if (id < 0) {
        throw DataError(fmt::format("{}: libhdf5 {} cannot read it: {}; restore the file if it is damaged", where,
                                    library_version(), reason()));
    }
    return Handle(id);
}

void require(herr_t status, const std::string& where) {
    if (status < 0) {
        throw IoError(fmt::format("{}: {}", where, reason()));
    }
}

bool is_hdf5(const std::string& path) {
    try {
        return superblock_of(FileBytes(path)).has_value();
    } catch (const Error&) {
        return false;
    }
}

Handle open_file(const std::string& path) {
    if (access(path.c_str(), R_OK) != 0) {
        throw IoError(fmt::format("{}: cannot open: {}", path, errno_text()));
    }
    const std::optional<int> superblock = blaming(path, [&] { return check_superblock(FileBytes(path)); });
    if (!superblock) {
        throw DataError(fmt::format("{}: {}", path, kind_text(path)));
    }
    const Handle access_list = checked(H5Pcreate(H5P_FILE_ACCESS), path);
#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(access_list.get(), 0, 1);
#endif
#if !H5_VERSION_GE(2, 0, 0)
    if (*superblock >= 3) {
        use_older_view(access_list.get());
    }
#endif
    Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access_list.get()));
    if (!file.valid()) {
        throw DataError(
            fmt::format("{}: is an HDF5 file that cannot be opened: {}; if it is damaged, copy or download it again",
                        path, reason()));
    }
    blaming(path, [&] { check_object(file.get(), "/", FileBytes(path)); });
    return file;
}

std::string path_of(hid_t object) {
    return text_of(object, H5Fget_name);
}

std::string name_of(hid_t object) {
    return text_of(object, H5Iget_name);
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

std::string shape_text(const std::vector<hsize_t>& dims) {
    return fmt::format("({}{})", fmt::join(dims, ", "), dims.size() == 1 ? "," : "");
}

} // namespace tacit::shards::h5
