// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/whole_data.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/raw/heap_items.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/read/chunk_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 34;

bool is_chunked(hid_t dataset) {
    const Handle properties(H5Dget_create_plist(dataset));
    return H5Pget_layout(properties.get()) == H5D_CHUNKED;
}

[[noreturn]] void fail(const std::string& where, const std::string& why) {
    throw DataError(fmt::format("{}: cannot be read: {}", where, why));
}

/// Whether parts of a type are of any length: references into the heap, whose size in memory is another.
bool has_any_length(hid_t type) {
    if (H5Tget_class(type) != H5T_COMPOUND) {
        const Handle base(H5Tget_class(type) == H5T_ARRAY ? H5Tget_super(type) : H5I_INVALID_HID);
        return base.valid() ? has_any_length(base.get())
                            : H5Tget_class(type) == H5T_VLEN || H5Tis_variable_str(type) > 0;
    }
    bool any = false;
    for (unsigned i = 0; !any && i < static_cast<unsigned>(H5Tget_nmembers(type)); ++i) {
        any = has_any_length(Handle(H5Tget_member_type(type, i)).get());
    }
    return any;
}

} // namespace

void read_all(hid_t dataset, hid_t memory, void* to, const std::string& where) {
    const Handle space = checked(H5Dget_space(dataset), where);
    const Handle stored = checked(H5Dget_type(dataset), where);
    check_type(stored.get(), where);
    require_plausible(dataset, H5Tget_size(stored.get()), where); // libhdf5 takes memory for one element at least
    const hssize_t elements = H5Sget_simple_extent_npoints(space.get());
    if (elements == 0 || H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) >= 0) {
        return;
    }
    const std::string why = reason();
    if (!is_chunked(dataset)) {
        fail(where, why);
    }
    if (has_any_length(stored.get())) {
        fail(where, why + "; Tacit itself reads no tables with texts or lists of any length: write the labels into a "
                          "data set of their own");
    }
    const FileBytes file(path_of(dataset));
    const StoredArray array = index_array(dataset, file, name_of(dataset));
    if (array.layout != StoredArray::Layout::chunked) {
        fail(where, why);
    }
    std::vector<std::uint8_t> data;
    try {
        data = read_dense(array, file, kMaxBytes);
    } catch (const DataError& error) {
        fail(where, error.what());
    }
    const std::size_t width = H5Tget_size(memory);
    data.resize(static_cast<std::size_t>(elements) * std::max<std::size_t>(width, array.element_bytes));
    std::vector<std::uint8_t> background(data.size()); // which libhdf5 writes the fields of tables to
    if (H5Tconvert(stored.get(), memory, static_cast<std::size_t>(elements), data.data(), background.data(),
                   H5P_DEFAULT) < 0) {
        fail(where, reason());
    }
    std::memcpy(to, data.data(), static_cast<std::size_t>(elements) * width);
}

Handle field_type(hid_t table, const std::string& field) {
    const int place = field.empty() ? 0 : H5Tget_member_index(table, field.c_str());
    return Handle(field.empty() ? H5Tcopy(table) : H5Tget_member_type(table, static_cast<unsigned>(place)));
}

Handle one_field(const std::string& field, hid_t memory) {
    Handle type(field.empty() ? H5Tcopy(memory) : H5Tcreate(H5T_COMPOUND, H5Tget_size(memory)));
    if (!field.empty()) {
        H5Tinsert(type.get(), field.c_str(), 0, memory);
    }
    return type;
}

std::vector<std::string> read_variable_texts(hid_t dataset, const std::string& where) {
    const Handle type = checked(H5Dget_type(dataset), where);
    const Handle space = checked(H5Dget_space(dataset), where);
    std::vector<char*> raw(static_cast<std::size_t>(std::max<hssize_t>(H5Sget_simple_extent_npoints(space.get()), 0)));
    std::vector<std::string> texts;
    texts.reserve(raw.size());
    if (raw.empty() ||
        H5Dread(dataset, type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<void*>(raw.data())) >= 0) {
        for (const char* text : raw) {
            texts.emplace_back(text == nullptr ? "" : text);
        }
        H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, static_cast<void*>(raw.data()));
        return texts;
    }
    if (const std::string why = reason(); !is_chunked(dataset)) {
        fail(where, why);
    }
    const FileBytes file(path_of(dataset));
    const ImageItems items = find_heap_items(dataset, file, name_of(dataset));
    for (std::size_t i = 0; i < items.addresses.size(); ++i) {
        std::string text(static_cast<std::size_t>(items.bytes[i]), '\0');
        file.read(items.addresses[i], text.data(), text.size());
        texts.push_back(text.substr(0, text.find('\0')));
    }
    return texts;
}

} // namespace tacit::shards::h5
