// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/describe.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/groups/class_lists.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/handle.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace tacit::shards::h5 {
namespace {

constexpr hsize_t kMaxShownValues = 8;
constexpr std::size_t kMaxShownText = 60;

std::string filters_text(hid_t properties) {
    std::vector<std::string> names;
    const int count = H5Pget_nfilters(properties);
    for (int i = 0; i < std::min(count, 32); ++i) {
        unsigned flags = 0;
        std::size_t values = 0;
        std::array<char, 64> name{};
        const H5Z_filter_t id = H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &values, nullptr,
                                               name.size() - 1, name.data(), nullptr);
        names.push_back(name[0] != '\0' ? std::string(name.data()) : fmt::format("filter {}", id));
    }
    return names.empty() ? std::string() : fmt::format(", {}", fmt::join(names, " + "));
}

std::string shortened(const std::string& text) {
    return text.size() <= kMaxShownText ? text : text.substr(0, kMaxShownText) + "…";
}

} // namespace

std::string type_text(hid_t type) {
    const std::size_t bits = 8 * H5Tget_size(type);
    const bool swapped = H5Tget_order(type) == H5T_ORDER_BE && bits > 8;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return fmt::format("{}int{}{}", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits,
                           swapped ? " big-endian" : "");
    case H5T_FLOAT:
        return fmt::format("float{}{}", bits, swapped ? " big-endian" : "");
    case H5T_STRING:
        return H5Tis_variable_str(type) > 0 ? "text" : fmt::format("text of {} bytes", bits / 8);
    case H5T_VLEN:
        return "variable-length";
    case H5T_COMPOUND:
        return fmt::format("compound of {} fields", H5Tget_nmembers(type));
    case H5T_OPAQUE:
        return fmt::format("opaque of {} bytes", bits / 8);
    case H5T_ENUM:
        return is_truth(type) ? "bool" : "enumeration";
    case H5T_REFERENCE:
        return "reference";
    case H5T_ARRAY:
        return "array";
    default:
        return "unknown type";
    }
}

std::string table_text(hid_t type) {
    return fmt::format("is a table with the fields {}; write those that are meant into data sets of their own, the "
                       "images as (N, H, W) or (N, H, W, C)",
                       field_names(type));
}

std::string storage_text(hid_t dataset) {
    const Handle properties(H5Dget_create_plist(dataset));
    if (!properties.valid()) {
        return "storage unreadable";
    }
    switch (H5Pget_layout(properties.get())) {
    case H5D_CONTIGUOUS:
        return "contiguous";
    case H5D_COMPACT:
        return "compact";
    case H5D_VIRTUAL:
        return "virtual (parts of other files)";
    case H5D_CHUNKED: {
        std::vector<hsize_t> dims(H5S_MAX_RANK);
        const int rank = H5Pget_chunk(properties.get(), H5S_MAX_RANK, dims.data());
        dims.resize(static_cast<std::size_t>(std::clamp(rank, 0, H5S_MAX_RANK)));
        return fmt::format("chunks {}{}", shape_text(dims), filters_text(properties.get()));
    }
    default:
        return "unknown storage";
    }
}

std::string attribute_value(hid_t object, const std::string& name) {
    const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
    const Handle type(H5Aget_type(attribute.get()));
    const Handle space(H5Aget_space(attribute.get()));
    if (!attribute.valid() || !type.valid() || !space.valid()) {
        return "unreadable";
    }
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    const H5T_class_t kind = H5Tget_class(type.get());
    try {
        if (kind == H5T_STRING && count >= 1) {
            std::vector<std::string> texts = text_attribute(object, name, "");
            const std::size_t all = texts.size();
            texts.resize(std::min<std::size_t>(all, kMaxShownValues));
            return fmt::format("\"{}\"{}", shortened(fmt::format("{}", fmt::join(texts, "\", \""))),
                               all > texts.size() ? fmt::format(" … ({} in all)", all) : "");
        }
        if ((kind == H5T_INTEGER || kind == H5T_FLOAT) && count >= 1 &&
            count <= static_cast<hssize_t>(kMaxShownValues)) {
            return fmt::format("{:.6g}", fmt::join(number_attribute(object, name, ""), ", "));
        }
    } catch (const Error&) {
        return "unreadable";
    }
    return fmt::format("{} x {}", std::max<hssize_t>(count, 0), type_text(type.get()));
}

} // namespace tacit::shards::h5
