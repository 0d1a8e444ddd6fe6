// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/library_array.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/handle.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace tacit::shards::h5 {

struct LibraryArray::Impl {
    std::string path;
    std::string name;
    Handle file;
    Handle dataset;
    Handle type; ///< of the elements in memory

    void open();
};

void LibraryArray::Impl::open() {
    file = open_file(path);
    dataset = checked(H5Dopen2(file.get(), name.c_str(), H5P_DEFAULT), "cannot be opened");
    const Handle stored = checked(H5Dget_type(dataset.get()), "has no type");
    type = checked(H5Tcopy(stored.get()), "has no type");
    const H5T_class_t kind = H5Tget_class(type.get());
    if (kind == H5T_INTEGER || kind == H5T_FLOAT) {
        H5Tset_order(type.get(), H5Tget_order(H5T_NATIVE_INT));
    }
}

LibraryArray::LibraryArray(std::string path, std::string dataset)
    : impl_(std::make_unique<Impl>(Impl{std::move(path), std::move(dataset), {}, {}, {}})) {}

LibraryArray::~LibraryArray() {
    if (impl_) {
        const Session session;
        impl_.reset();
    }
}

LibraryArray::LibraryArray(LibraryArray&&) noexcept = default;
LibraryArray& LibraryArray::operator=(LibraryArray&&) noexcept = default;

void LibraryArray::read(std::span<const std::uint64_t> start, std::span<const std::uint64_t> count, std::uint8_t* out,
                        std::uint64_t bytes) const {
    const Session session;
    if (!impl_->type.valid()) {
        impl_->open();
    }
    const std::vector<hsize_t> from(start.begin(), start.end());
    const std::vector<hsize_t> extent(count.begin(), count.end());
    const Handle target = checked(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), "memory");
    const Handle space = checked(H5Dget_space(impl_->dataset.get()), "has no shape");
    if (H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, from.data(), nullptr, extent.data(), nullptr) < 0 ||
        static_cast<std::uint64_t>(H5Sget_select_npoints(space.get())) * H5Tget_size(impl_->type.get()) != bytes) {
        throw DataError("has changed its shape or type since it was indexed");
    }
    if (H5Dread(impl_->dataset.get(), impl_->type.get(), target.get(), space.get(), H5P_DEFAULT, out) < 0) {
        throw DataError(fmt::format("cannot be read by libhdf5: {}", reason()));
    }
}

} // namespace tacit::shards::h5
