// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/chunks/chunk_index.hpp"
#include "pipeline/shards/hdf5/chunks/chunk_table.hpp"
#include "pipeline/shards/hdf5/raw/heap_items.hpp"
#include "pipeline/shards/hdf5/raw/older_view.hpp"

#include <fmt/format.h>

#include <array>

namespace tacit::shards::h5 {
namespace {

constexpr std::size_t kMaxFilterValues = 64;

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

/// Elements of any length are references into the heap, whose size in memory is another.
bool is_variable(hid_t type) {
    return H5Tis_variable_str(type) > 0 || H5Tget_class(type) == H5T_VLEN;
}

void index_fill(hid_t properties, hid_t type, StoredArray& array) {
    H5D_fill_value_t kind = H5D_FILL_VALUE_UNDEFINED;
    if (!is_variable(type) && H5Pfill_value_defined(properties, &kind) >= 0 && kind == H5D_FILL_VALUE_USER_DEFINED) {
        array.fill.resize(static_cast<std::size_t>(array.element_bytes));
        if (H5Pget_fill_value(properties, type, array.fill.data()) < 0) {
            array.fill.clear();
        }
    }
}

void index_chunks(hid_t dataset, hid_t properties, hid_t type, const FileBytes& file, const std::string& where,
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
        require_known_layout(dataset, file, where, array.reason);
        return;
    }
    unsigned options = 0;
    const bool unfiltered_edges =
        H5Pget_chunk_opts(properties, &options) >= 0 && (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
    blaming(where, [&] {
        ChunkTable table(array, file.size(), unfiltered_edges);
        if (!list_chunks(dataset, file, table)) {
            array.layout = StoredArray::Layout::library;
            array.reason = "chunks with an index that is not known here";
            array.chunks.clear();
        }
    });
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

bool is_truth(hid_t type) {
    signed char no = -1;
    signed char yes = -1;
    return H5Tget_class(type) == H5T_ENUM && H5Tget_size(type) == 1 && H5Tget_nmembers(type) == 2 &&
           H5Tenum_valueof(type, "FALSE", &no) >= 0 && H5Tenum_valueof(type, "TRUE", &yes) >= 0 && no == 0 && yes == 1;
}

StoredArray index_array(hid_t dataset, const FileBytes& file, const std::string& name) {
    const std::string where = fmt::format("{}: {}", file.path(), name);
    const Handle type = checked(H5Dget_type(dataset), where);
    const Handle properties = checked(H5Dget_create_plist(dataset), where);
    StoredArray array;
    array.path = file.path();
    array.dataset = name;
    array.element = element_of(type.get()).value_or(Element::u8);
    array.element_bytes = is_variable(type.get()) ? kHeapReferenceBytes : H5Tget_size(type.get());
    array.swapped = array.element_bytes > 1 && H5Tget_order(type.get()) == H5T_ORDER_BE;
    const std::vector<hsize_t> dims = dimensions(dataset);
    array.shape.assign(dims.begin(), dims.end());
    switch (H5Pget_layout(properties.get())) {
    case H5D_CONTIGUOUS: {
        const Extent extent = contiguous_extent(dataset, file.size(), where);
        array.address = extent.address;
        return array;
    }
    case H5D_CHUNKED:
        index_chunks(dataset, properties.get(), type.get(), file, where, array);
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
