// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/array_index.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kMaxChunks = std::uint64_t{1} << 28;
constexpr std::size_t kMaxFilterValues = 64;

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

/// Collects what the two ways of asking for chunks report.
class ChunkTable {
  public:
    ChunkTable(StoredArray& array, std::uint64_t file_bytes, std::uint64_t shift, std::string where)
        : array_(array), file_bytes_(file_bytes), shift_(shift), where_(std::move(where)) {
        std::uint64_t count = 1;
        for (std::size_t i = 0; i < array.shape.size(); ++i) {
            grid_.push_back((array.shape[i] + array.chunk[i] - 1) / array.chunk[i]);
            count = grid_.back() != 0 && count > kMaxChunks / grid_.back() ? kMaxChunks + 1 : count * grid_.back();
        }
        if (count > kMaxChunks) {
            throw DataError(fmt::format("{}: claims more than {} chunks", where_, kMaxChunks));
        }
        array.chunks.assign(static_cast<std::size_t>(count), {kNoAddress, 0, 0});
    }

    const std::vector<std::uint64_t>& grid() const { return grid_; }

    void put(std::size_t number, haddr_t address, hsize_t bytes, unsigned mask) {
        if (address == HADDR_UNDEF || bytes == 0) {
            return;
        }
        const std::uint64_t begin = address + shift_;
        if (bytes > std::numeric_limits<std::uint32_t>::max() || begin > file_bytes_ || bytes > file_bytes_ - begin) {
            throw DataError(
                fmt::format("{}: chunk {} claims {} bytes at byte {} of a file of {}; the file is truncated "
                            "or damaged",
                            where_, number, bytes, begin, file_bytes_));
        }
        array_.chunks.at(number) = {begin, static_cast<std::uint32_t>(bytes), mask};
    }

    /// `origin` in elements.
    std::size_t number(const hsize_t* origin) const {
        std::uint64_t result = 0;
        for (std::size_t i = 0; i < grid_.size(); ++i) {
            const std::uint64_t at = origin[i] / array_.chunk[i];
            if (at >= grid_[i]) {
                throw DataError(fmt::format("{}: has a chunk outside of its shape; the file is damaged", where_));
            }
            result = result * grid_[i] + at;
        }
        return static_cast<std::size_t>(result);
    }

  private:
    StoredArray& array_;
    std::vector<std::uint64_t> grid_;
    std::uint64_t file_bytes_;
    std::uint64_t shift_;
    std::string where_;
};

#if H5_VERSION_GE(1, 14, 0)
/// All chunks in one walk of the index.
void read_chunks(hid_t dataset, ChunkTable& table, const std::string& where) {
    struct Walk {
        ChunkTable* table;
        std::exception_ptr error;
    } walk{&table, nullptr};
    const auto visit = [](const hsize_t* origin, unsigned mask, haddr_t address, hsize_t bytes, void* data) -> int {
        auto* to = static_cast<Walk*>(data);
        try {
            to->table->put(to->table->number(origin), address, bytes, mask);
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
        throw DataError(fmt::format("{}: its chunks cannot be listed: {}", where, reason()));
    }
}
#else
/// One look-up a chunk: asking by number instead would walk the index from its start each time.
void read_chunks(hid_t dataset, ChunkTable& table, const std::string& where, const std::vector<std::uint64_t>& chunk,
                 std::size_t count) {
    std::vector<hsize_t> origin(table.grid().size(), 0);
    for (std::size_t number = 0; number < count; ++number) {
        unsigned mask = 0;
        haddr_t address = HADDR_UNDEF;
        hsize_t bytes = 0;
        if (H5Dget_chunk_info_by_coord(dataset, origin.data(), &mask, &address, &bytes) < 0) {
            throw DataError(fmt::format("{}: chunk {} cannot be found: {}", where, number, reason()));
        }
        table.put(number, address, bytes, mask);
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

void index_filters(hid_t properties, StoredArray& array, const std::string& where) {
    const int count = H5Pget_nfilters(properties);
    if (count < 0 || count > H5Z_MAX_NFILTERS) {
        throw DataError(fmt::format("{}: claims {} filters", where, count));
    }
    for (int i = 0; i < count; ++i) {
        std::array<unsigned, kMaxFilterValues> values{};
        std::size_t used = values.size();
        unsigned flags = 0;
        const H5Z_filter_t id =
            H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &used, values.data(), 0, nullptr, nullptr);
        if (id < 0 || used > values.size()) {
            throw DataError(fmt::format("{}: filter {} cannot be read", where, i));
        }
        const auto number = static_cast<std::uint32_t>(id);
        array.filters.push_back({number, {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(used)}});
        if (FilterPipeline::decodes(number)) {
            continue;
        }
        if (H5Zfilter_avail(id) <= 0) {
            throw DataError(
                fmt::format("{}: its filter {} can be decoded neither by Tacit nor by this libhdf5; rewrite "
                            "the file without it",
                            where, FilterPipeline::name(number)));
        }
        array.layout = StoredArray::Layout::library;
        array.reason = fmt::format("filter {}", FilterPipeline::name(number));
    }
}

void index_fill(hid_t properties, hid_t type, StoredArray& array) {
    H5D_fill_value_t kind = H5D_FILL_VALUE_UNDEFINED;
    if (H5Pfill_value_defined(properties, &kind) >= 0 && kind == H5D_FILL_VALUE_USER_DEFINED) {
        array.fill.resize(static_cast<std::size_t>(array.element_bytes));
        if (H5Pget_fill_value(properties, type, array.fill.data()) < 0) {
            array.fill.clear();
        }
    }
}

void index_chunks(hid_t dataset, hid_t properties, hid_t type, std::uint64_t file_bytes, const std::string& where,
                  StoredArray& array) {
    std::array<hsize_t, H5S_MAX_RANK> chunk{};
    const int rank = H5Pget_chunk(properties, H5S_MAX_RANK, chunk.data());
    if (rank != static_cast<int>(array.shape.size())) {
        throw DataError(fmt::format("{}: its chunks have {} dimensions", where, rank));
    }
    array.chunk.assign(chunk.begin(), chunk.begin() + rank);
    array.layout = StoredArray::Layout::chunked;
    index_filters(properties, array, where);
    index_fill(properties, type, array);
    if (array.layout == StoredArray::Layout::library) {
        return;
    }
    ChunkTable table(array, file_bytes, bytes_before_chunk_addresses(dataset), where);
#if H5_VERSION_GE(1, 14, 0)
    read_chunks(dataset, table, where);
#else
    read_chunks(dataset, table, where, array.chunk, array.chunks.size());
#endif
}

} // namespace

std::optional<Element> element_of(hid_t type) {
    const std::size_t bytes = H5Tget_size(type);
    switch (H5Tget_class(type)) {
    case H5T_ENUM: // h5py's bool
        return bytes == 1 ? std::optional(Element::u8) : std::nullopt;
    case H5T_INTEGER:
        if (H5Tget_precision(type) != 8 * bytes) {
            return std::nullopt;
        }
        if (H5Tget_sign(type) == H5T_SGN_NONE) {
            return bytes == 1 ? std::optional(Element::u8) : bytes == 2 ? std::optional(Element::u16) : std::nullopt;
        }
        return bytes == 2 ? std::optional(Element::i16) : std::nullopt;
    case H5T_FLOAT: {
        std::size_t sign = 0;
        std::size_t exponent_at = 0;
        std::size_t exponent = 0;
        std::size_t mantissa_at = 0;
        std::size_t mantissa = 0;
        if (H5Tget_fields(type, &sign, &exponent_at, &exponent, &mantissa_at, &mantissa) < 0 || mantissa_at != 0 ||
            exponent_at != mantissa || sign != mantissa + exponent || sign + 1 != 8 * bytes) {
            return std::nullopt;
        }
        if (bytes == 2) {
            return exponent == 5   ? std::optional(Element::f16)
                   : exponent == 8 ? std::optional(Element::bf16)
                                   : std::nullopt;
        }
        return bytes == 4 ? std::optional(Element::f32) : bytes == 8 ? std::optional(Element::f64) : std::nullopt;
    }
    default:
        return std::nullopt;
    }
}

StoredArray index_array(hid_t dataset, const std::string& path, const std::string& name, std::uint64_t file_bytes) {
    const std::string where = fmt::format("{}: {}", path, name);
    const Handle type = checked(H5Dget_type(dataset), where);
    const Handle properties = checked(H5Dget_create_plist(dataset), where);
    StoredArray array;
    array.path = path;
    array.dataset = name;
    array.element = element_of(type.get()).value_or(Element::u8);
    array.element_bytes = H5Tget_size(type.get());
    array.swapped = array.element_bytes > 1 && H5Tget_order(type.get()) == H5T_ORDER_BE;
    const std::vector<hsize_t> dims = dimensions(dataset);
    array.shape.assign(dims.begin(), dims.end());
    switch (H5Pget_layout(properties.get())) {
    case H5D_CONTIGUOUS: {
        const Extent extent = contiguous_extent(dataset, file_bytes, where);
        array.address = extent.address;
        return array;
    }
    case H5D_CHUNKED:
        index_chunks(dataset, properties.get(), type.get(), file_bytes, where, array);
        return array;
    case H5D_COMPACT:
        array.layout = StoredArray::Layout::library;
        array.reason = "compact storage";
        return array;
    case H5D_VIRTUAL:
        array.layout = StoredArray::Layout::library;
        array.reason = "a virtual data set";
        return array;
    default:
        throw DataError(fmt::format("{}: is stored in a way that this version does not know", where));
    }
}

} // namespace tacit::shards::h5
