// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/attributes.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"
#include "pipeline/shards/hdf5/whole_data.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

namespace tacit::shards::h5 {

namespace {

constexpr hsize_t kMaxAttributeElements = 1U << 20;
constexpr hssize_t kMaxTexts = 1 << 28;

[[noreturn]] void bad_attribute(const std::string& where, const std::string& name, const std::string& what) {
    throw DataError(fmt::format("{}: attribute '{}' {}", where, name, what));
}

struct Attribute {
    Handle id;
    Handle type;
    hsize_t count = 0;
};

Attribute open_attribute(hid_t object, const std::string& name, const std::string& where) {
    if (!has_attribute(object, name, where)) {
        bad_attribute(where, name, "is missing; this is not a complete Tacit shard, import the images again");
    }
    Attribute attribute;
    attribute.id = checked(H5Aopen(object, name.c_str(), H5P_DEFAULT), where);
    attribute.type = checked(H5Aget_type(attribute.id.get()), where);
    if (const H5T_class_t kind = H5Tget_class(attribute.type.get()); kind == H5T_INTEGER || kind == H5T_FLOAT) {
        check_type(attribute.type.get(), fmt::format("{}: attribute '{}'", where, name));
    }
    const Handle space = checked(H5Aget_space(attribute.id.get()), where);
    const hssize_t points = H5Sget_simple_extent_npoints(space.get());
    if (points < 0 || static_cast<hsize_t>(points) > kMaxAttributeElements) {
        bad_attribute(where, name, fmt::format("claims {} elements", points));
    }
    attribute.count = static_cast<hsize_t>(points);
    return attribute;
}

/// Texts of `count` elements of `type`, which `read(type, buffer)` fetches from `object`; nullopt if it fails.
template <class Read>
std::optional<std::vector<std::string>> read_elements(hid_t object, hid_t type, hid_t space, hsize_t count,
                                                      const std::string& where, const Read& read) {
    require_plausible(object, count, where);
    std::vector<std::string> texts;
    texts.reserve(static_cast<std::size_t>(count));
    if (H5Tis_variable_str(type) > 0) {
        std::vector<char*> raw(static_cast<std::size_t>(count), nullptr);
        if (count > 0 && read(type, static_cast<void*>(raw.data())) < 0) {
            return std::nullopt;
        }
        for (const char* text : raw) {
            texts.emplace_back(text == nullptr ? "" : text);
        }
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, static_cast<void*>(raw.data()));
        return texts;
    }
    const std::size_t width = H5Tget_size(type);
    constexpr std::size_t kMaxWidth = std::size_t{1} << 16;
    if (width == 0 || width > kMaxWidth) {
        return std::nullopt;
    }
    require_plausible(object, std::uint64_t{width} * count, where);
    std::vector<char> raw(width * static_cast<std::size_t>(count));
    if (count > 0 && read(type, static_cast<void*>(raw.data())) < 0) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const std::string padded(raw.data() + i * width, width);
        texts.push_back(padded.substr(0, padded.find('\0')));
    }
    return texts;
}

} // namespace

std::vector<std::string> attribute_names(hid_t object) {
    std::vector<std::string> names;
    const int count = H5Aget_num_attrs(object); // by H5Aget_num_attrs, as H5O_info_t differs between versions
    for (int i = 0; i < count && (i == 0 || !names.back().empty()); ++i) {
        std::array<char, 256> name{};
        const Handle attribute(
            H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, static_cast<hsize_t>(i), H5P_DEFAULT, H5P_DEFAULT));
        if (attribute.valid()) {
            H5Aget_name(attribute.get(), name.size(), name.data());
        }
        names.emplace_back(name.data());
    }
    return names;
}

bool has_attribute(hid_t object, const std::string& name, const std::string& where) {
    const htri_t found = H5Aexists(object, name.c_str());
    if (found < 0) {
        throw DataError(fmt::format("{}: its attributes cannot be read: {}", where, reason()));
    }
    return found > 0;
}

bool is_text_attribute(hid_t object, const std::string& name, const std::string& where) {
    return H5Tget_class(open_attribute(object, name, where).type.get()) == H5T_STRING;
}

std::int64_t attribute_values(hid_t object, const std::string& name, const std::string& where) {
    if (!has_attribute(object, name, where)) {
        return -1;
    }
    const Attribute attribute = open_attribute(object, name, where);
    const H5T_class_t kind = H5Tget_class(attribute.type.get());
    const bool values = kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_STRING;
    return values ? static_cast<std::int64_t>(attribute.count) : -1;
}

std::int64_t integer_attribute(hid_t object, const std::string& name, const std::string& where) {
    const Attribute attribute = open_attribute(object, name, where);
    std::int64_t value = 0;
    if (attribute.count != 1 || H5Tget_class(attribute.type.get()) != H5T_INTEGER ||
        H5Aread(attribute.id.get(), H5T_NATIVE_INT64, &value) < 0) {
        bad_attribute(where, name, "is not one integer");
    }
    return value;
}

std::vector<double> number_attribute(hid_t object, const std::string& name, const std::string& where) {
    const Attribute attribute = open_attribute(object, name, where);
    std::vector<double> values(static_cast<std::size_t>(attribute.count));
    const H5T_class_t kind = H5Tget_class(attribute.type.get());
    if ((kind != H5T_FLOAT && kind != H5T_INTEGER) ||
        (!values.empty() && H5Aread(attribute.id.get(), H5T_NATIVE_DOUBLE, values.data()) < 0)) {
        bad_attribute(where, name, "does not hold numbers");
    }
    return values;
}

std::vector<std::string> text_attribute(hid_t object, const std::string& name, const std::string& where) {
    const Attribute attribute = open_attribute(object, name, where);
    if (H5Tget_class(attribute.type.get()) != H5T_STRING) {
        bad_attribute(where, name, "is not text");
    }
    const Handle space(H5Aget_space(attribute.id.get()));
    auto texts = read_elements(object, attribute.type.get(), space.get(), attribute.count, where,
                               [&](hid_t type, void* to) { return H5Aread(attribute.id.get(), type, to); });
    if (!texts) {
        bad_attribute(where, name, "cannot be read: " + reason());
    }
    return std::move(*texts);
}

std::vector<std::string> read_texts(hid_t dataset, const std::string& where, const std::string& field) {
    const Handle whole = checked(H5Dget_type(dataset), where);
    const Handle type = field_type(whole.get(), field);
    const Handle space = checked(H5Dget_space(dataset), where);
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    if (H5Tget_class(type.get()) != H5T_STRING || count < 0 || count > kMaxTexts) {
        throw DataError(fmt::format("{}: is no list of texts", where));
    }
    if (H5Tis_variable_str(type.get()) > 0) {
        check_text_heap(dataset);
        require_plausible(dataset, static_cast<hsize_t>(count), where);
        return read_variable_texts(dataset, where);
    }
    auto texts = read_elements(dataset, type.get(), space.get(), static_cast<hsize_t>(count), where,
                               [&](hid_t memory, void* to) -> herr_t {
                                   read_all(dataset, one_field(field, memory).get(), to, where);
                                   return 0;
                               });
    if (!texts) {
        throw DataError(fmt::format("{}: holds texts of more than 64 KiB, which are no names", where));
    }
    return std::move(*texts);
}

} // namespace tacit::shards::h5
