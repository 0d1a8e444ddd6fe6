// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tacit::shards::h5 {

/// Holds the process-wide HDF5 lock and keeps the library from printing its error stack.
/// Every use of libhdf5 happens inside a Session; it may nest.
class Session {
  public:
    Session();
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

  private:
    H5E_auto2_t printer_ = nullptr;
    void* printer_data_ = nullptr;
};

/// What H5Oget_info2 fills: HDF5 1.12 gave the name H5O_info_t to another structure.
#if H5_VERSION_GE(1, 12, 0)
using ObjectInfo = H5O_info1_t;
#else
using ObjectInfo = H5O_info_t;
#endif

/// Owns one HDF5 identifier of any kind.
class Handle {
  public:
    Handle() = default;
    explicit Handle(hid_t id) : id_(id) {}
    ~Handle() { close(); }
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
    Handle& operator=(Handle&& other) noexcept;
    hid_t get() const { return id_; }
    bool valid() const { return id_ >= 0; }
    void close() noexcept;

  private:
    hid_t id_ = H5I_INVALID_HID;
};

/// What HDF5's current error stack means, in words of our own; what to do about a file that a newer HDF5 wrote, or that
/// another process has locked.
std::string reason();
/// "1.10.8": of libhdf5.
std::string library_version();
inline constexpr const char* kCopyRemedy =
    "copy its arrays with h5py into a file opened with libver=('earliest', 'v110')";
/// What `work` returns; a DataError that it throws says "<where>: " first.
template <class Work> auto blaming(const std::string& where, const Work& work) {
    try {
        return work();
    } catch (const DataError& error) {
        throw DataError(where + ": " + error.what());
    }
}

/// Takes ownership of `id`. Throws DataError "<where>: <reason>" if the call that made it failed.
Handle checked(hid_t id, const std::string& where);
/// Throws IoError "<where>: <reason>" if a writing call failed.
void require(herr_t status, const std::string& where);

/// Whether a file that can be read begins as HDF5 does.
bool is_hdf5(const std::string& path);

/// Opens a file read-only without file locks. Throws IoError if it is not there, DataError if it is not HDF5.
Handle open_file(const std::string& path);
/// The path of an object's file as it was opened, and the object's name there.
std::string path_of(hid_t object);
std::string name_of(hid_t object);
/// Whether an object of this name ("a/b" for nested ones) is there.
bool has_object(hid_t file, const std::string& name);
std::vector<hsize_t> dimensions(hid_t dataset);
/// "(60000, 28, 28, 1)".
std::string shape_text(const std::vector<hsize_t>& dims);

} // namespace tacit::shards::h5
