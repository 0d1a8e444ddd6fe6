// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/raw/storage.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/read/extents.hpp"

#include <fmt/format.h>

#include <limits>

namespace tacit::shards::h5 {
namespace {

/// Bytes of all elements; the largest number if they are more than that.
std::uint64_t claimed_bytes(hid_t dataset, const std::string& where) {
    const Handle type = checked(H5Dget_type(dataset), where);
    const std::vector<hsize_t> dims = dimensions(dataset);
    return capped_product(dims, H5Tget_size(type.get()));
}

/// libhdf5 1.10 copies as many bytes out of a header as the shape asks for, whatever the header holds.
void require_whole_header(hid_t dataset, const std::string& where) {
    const Handle properties = checked(H5Dget_create_plist(dataset), where);
    const std::uint64_t claimed = claimed_bytes(dataset, where);
    if (H5Pget_layout(properties.get()) == H5D_COMPACT && H5Dget_storage_size(dataset) < claimed) {
        throw DataError(fmt::format("{}: claims {} bytes of a header that holds {}; the file is damaged", where,
                                    claimed, H5Dget_storage_size(dataset)));
    }
}

} // namespace

void require_plausible(hid_t object, std::uint64_t claimed, const std::string& where) {
    constexpr std::uint64_t kUnwritten = std::uint64_t{1} << 24;
    constexpr std::uint64_t kShrinking = 1024;
    const Handle file(H5Iget_file_id(object));
    hsize_t bytes = 0;
    if (H5Fget_filesize(file.get(), &bytes) < 0) {
        throw DataError(fmt::format("{}: {}", where, reason()));
    }
    if (claimed > kUnwritten && (claimed - kUnwritten) / kShrinking > bytes) {
        throw DataError(
            fmt::format("{}: claims {} elements in a file of {} bytes; the file is damaged", where, claimed, bytes));
    }
    if (H5Iget_type(object) == H5I_DATASET) {
        require_whole_header(object, where);
    }
}

Extent contiguous_extent(hid_t dataset, std::uint64_t file_bytes, const std::string& where) {
    const Handle properties = checked(H5Dget_create_plist(dataset), where);
    const H5D_layout_t layout = H5Pget_layout(properties.get());
    if (layout != H5D_CONTIGUOUS) {
        throw DataError(fmt::format("{}: stored {}; Tacit reads contiguous data sets (in h5py: create_dataset without "
                                    "chunks or compression)",
                                    where, layout == H5D_CHUNKED ? "in chunks" : "in an unusual layout"));
    }
    const std::uint64_t bytes = claimed_bytes(dataset, where);
    if (bytes == std::numeric_limits<std::uint64_t>::max()) {
        throw DataError(fmt::format("{}: claims an impossible shape {}; the file is damaged", where,
                                    shape_text(dimensions(dataset))));
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
