// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace tacit::shards::h5 {

template <class T> hid_t native_type() {
    if constexpr (std::is_same_v<T, std::int32_t>) {
        return H5T_NATIVE_INT32;
    } else if constexpr (std::is_same_v<T, std::uint32_t>) {
        return H5T_NATIVE_UINT32;
    } else {
        static_assert(std::is_same_v<T, std::uint64_t>);
        return H5T_NATIVE_UINT64;
    }
}

/// A whole 1-D integer data set of a Tacit shard. Throws DataError if it is missing, is not integer, has
/// another length than `count` or leaves the file.
template <class T>
std::vector<T> read_column(hid_t file, const std::string& path, const std::string& name, std::int64_t count,
                           std::uint64_t file_bytes) {
    const std::string where = fmt::format("{}: {}", path, name);
    const Handle dataset = checked(H5Dopen2(file, name.c_str(), H5P_DEFAULT), where);
    const std::vector<hsize_t> dims = dimensions(dataset.get());
    if (dims.size() != 1 || dims[0] != static_cast<hsize_t>(count)) {
        throw DataError(
            fmt::format("{}: has shape {}, expected ({},); import the images again", where, shape_text(dims), count));
    }
    contiguous_extent(dataset.get(), file_bytes, where);
    std::vector<T> values(static_cast<std::size_t>(count));
    const Handle type = checked(H5Dget_type(dataset.get()), where);
    if (H5Tget_class(type.get()) != H5T_INTEGER ||
        (count > 0 && H5Dread(dataset.get(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)) {
        throw DataError(fmt::format("{}: cannot be read as integers", where));
    }
    return values;
}

} // namespace tacit::shards::h5
