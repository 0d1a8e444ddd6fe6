// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/hdf5/library_chunks.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <vector>

namespace tacit::shards::h5 {
namespace {

/// Whether this libhdf5 counts chunk addresses from the end of the user block. Versions differ, so a file in memory,
/// with a user block and one chunk, is asked.
bool chunk_addresses_skip_user_block() {
    constexpr hsize_t kUserBlock = 512;
    constexpr std::size_t kIncrement = 65536;
    const Handle creation(H5Pcreate(H5P_FILE_CREATE));
    const Handle access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_userblock(creation.get(), kUserBlock);
    H5Pset_fapl_core(access.get(), kIncrement, 0);
    const Handle file(H5Fcreate("tacit-probe.h5", H5F_ACC_TRUNC, creation.get(), access.get()));
    const hsize_t extent = 64;
    const Handle space(H5Screate_simple(1, &extent, nullptr));
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_chunk(properties.get(), 1, &extent);
    H5Pset_alloc_time(properties.get(), H5D_ALLOC_TIME_EARLY);
    const Handle dataset(
        H5Dcreate2(file.get(), "x", H5T_NATIVE_UINT8, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
    std::array<std::uint8_t, 64> pattern{};
    std::fill(pattern.begin(), pattern.end(), std::uint8_t{0xA5});
    const hsize_t origin = 0;
    unsigned mask = 0;
    haddr_t address = 0;
    hsize_t bytes = 0;
    H5Dwrite(dataset.get(), H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, pattern.data());
    H5Fflush(file.get(), H5F_SCOPE_GLOBAL);
    std::vector<std::uint8_t> image(1U << 20);
    const ssize_t size = H5Fget_file_image(file.get(), image.data(), image.size());
    if (size <= 0 || H5Dget_chunk_info_by_coord(dataset.get(), &origin, &mask, &address, &bytes) < 0) {
        throw DataError(fmt::format("libhdf5 cannot make a file in memory: {}", reason()));
    }
    // The image begins with the superblock in some versions and with the user block in others; the chunk's own bytes
    // tell where it lies.
    image.resize(static_cast<std::size_t>(size));
    constexpr std::array<std::uint8_t, 4> kSignature = {0x89, 'H', 'D', 'F'};
    const auto super = std::search(image.begin(), image.end(), kSignature.begin(), kSignature.end());
    const auto chunk = std::search(image.begin(), image.end(), pattern.begin(), pattern.end());
    return static_cast<haddr_t>(chunk - super) == address;
}

std::uint64_t bytes_before_chunk_addresses(hid_t dataset) {
    static const bool kSkips = chunk_addresses_skip_user_block();
    if (!kSkips) {
        return 0;
    }
    const Handle file(H5Iget_file_id(dataset));
    const Handle creation(H5Fget_create_plist(file.get()));
    hsize_t user_block = 0;
    H5Pget_userblock(creation.get(), &user_block);
    return user_block;
}

void put(ChunkTable& table, std::size_t number, haddr_t address, hsize_t bytes, unsigned mask, std::uint64_t shift) {
    const bool written = address != HADDR_UNDEF && bytes != 0;
    table.put(number, written ? address + shift : kNoAddress, bytes, mask);
}

#if H5_VERSION_GE(1, 14, 0)
/// All chunks in one walk of the index.
void list(hid_t dataset, ChunkTable& table, std::uint64_t shift) {
    struct Walk {
        ChunkTable* table;
        std::uint64_t shift;
        std::exception_ptr error;
    } walk{&table, shift, nullptr};
    const auto visit = [](const hsize_t* origin, unsigned mask, haddr_t address, hsize_t bytes, void* data) -> int {
        auto* to = static_cast<Walk*>(data);
        try {
            std::vector<std::uint64_t> place;
            for (std::size_t i = 0; i < to->table->grid().size(); ++i) {
                place.push_back(origin[i] / to->table->array().chunk[i]);
            }
            put(*to->table, to->table->number(place), address, bytes, mask, to->shift);
            return 0;
        } catch (...) {
            to->error = std::current_exception();
            return -1;
        }
    };
    const herr_t status = H5Dchunk_iter(dataset, H5P_DEFAULT, visit, &walk);
    if (walk.error) {
        std::rethrow_exception(walk.error);
    }
    if (status < 0) {
        throw DataError(fmt::format("its chunks cannot be listed: {}", reason()));
    }
}
#else
/// One look-up a chunk, each of which goes through the whole index.
void list(hid_t dataset, ChunkTable& table, std::uint64_t shift) {
    constexpr std::size_t kMostChunks = std::size_t{1} << 15; // about half a minute
    if (table.size() > kMostChunks) {
        throw DataError(fmt::format("has {} chunks in an index that only libhdf5 1.14 and later lists in time; rewrite "
                                    "the file with h5repack",
                                    table.size()));
    }
    const std::vector<std::uint64_t>& chunk = table.array().chunk;
    std::vector<hsize_t> origin(table.grid().size(), 0);
    for (std::size_t number = 0; number < table.size(); ++number) {
        unsigned mask = 0;
        haddr_t address = HADDR_UNDEF;
        hsize_t bytes = 0;
        if (H5Dget_chunk_info_by_coord(dataset, origin.data(), &mask, &address, &bytes) < 0) {
            throw DataError(fmt::format("chunk {} cannot be found: {}", number, reason()));
        }
        put(table, number, address, bytes, mask, shift);
        for (std::size_t i = origin.size(); i-- > 0;) {
            origin[i] += chunk[i];
            if (origin[i] < table.grid()[i] * chunk[i]) {
                break;
            }
            origin[i] = 0;
        }
    }
}
#endif

} // namespace

void list_chunks_by_library(hid_t dataset, ChunkTable& table) {
    list(dataset, table, bytes_before_chunk_addresses(dataset));
}

} // namespace tacit::shards::h5
