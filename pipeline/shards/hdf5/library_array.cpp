// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/library_array.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <vector>

namespace tacit::shards::h5 {

LibraryArray::~LibraryArray() {
    const Session session;
    for (Handle* handle : {&type_, &dataset_, &file_}) {
        handle->close();
    }
}

void LibraryArray::open() const {
    file_ = open_file(path_);
    dataset_ = checked(H5Dopen2(file_.get(), name_.c_str(), H5P_DEFAULT), "cannot be opened");
    const Handle stored = checked(H5Dget_type(dataset_.get()), "has no type");
    type_ = checked(H5Tcopy(stored.get()), "has no type");
    const H5T_class_t kind = H5Tget_class(type_.get());
    if (kind == H5T_INTEGER || kind == H5T_FLOAT) {
        H5Tset_order(type_.get(), H5Tget_order(H5T_NATIVE_INT));
    }
}

void LibraryArray::read(std::span<const std::uint64_t> start, std::span<const std::uint64_t> count, std::uint8_t* out,
                        std::uint64_t bytes) const {
    const Session session;
    if (!type_.valid()) {
        open();
    }
    const std::vector<hsize_t> from(start.begin(), start.end());
    const std::vector<hsize_t> extent(count.begin(), count.end());
    const Handle target = checked(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), "memory");
    const Handle space = checked(H5Dget_space(dataset_.get()), "has no shape");
    if (H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, from.data(), nullptr, extent.data(), nullptr) < 0 ||
        static_cast<std::uint64_t>(H5Sget_select_npoints(space.get())) * H5Tget_size(type_.get()) != bytes) {
        throw DataError("has changed its shape or type since it was indexed");
    }
    if (H5Dread(dataset_.get(), type_.get(), target.get(), space.get(), H5P_DEFAULT, out) < 0) {
        throw DataError(fmt::format("cannot be read by libhdf5: {}", reason()));
    }
}

} // namespace tacit::shards::h5
