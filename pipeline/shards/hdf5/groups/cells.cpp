// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/groups/cells.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/utf8.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/groups/group_links.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/hdf5/whole_data.hpp"
#include "pipeline/shards/read/extents.hpp"
#include "pipeline/shards/read/file_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace tacit::shards::h5 {
namespace {

constexpr const char* kTargets = "#refs#";

/// UTF-16 as UTF-8.
std::string text_of_utf16(const std::vector<std::uint16_t>& units) {
    const auto is_half = [&](std::size_t at, std::uint16_t kind) {
        return at < units.size() && (units[at] & 0xFC00U) == kind;
    };
    std::string text;
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (is_half(i, 0xD800) && is_half(i + 1, 0xDC00)) {
            append_utf8(0x10000U + ((units[i] & 0x3FFU) << 10U) + (units[i + 1] & 0x3FFU), text);
            ++i;
        } else {
            append_utf8(units[i], text);
        }
    }
    return text;
}

bool holds_characters(hid_t cell, const std::string& where) {
    constexpr const char* kClass = "MATLAB_class";
    return has_attribute(cell, kClass, where) &&
           text_attribute(cell, kClass, where) == std::vector<std::string>{"char"};
}

std::string text_in(hid_t cell, const std::string& where) {
    constexpr std::uint64_t kMostCharacters = 1 << 16;
    if (has_attribute(cell, "MATLAB_empty", where)) {
        return {};
    }
    const Handle type = checked(H5Dget_type(cell), where);
    const std::uint64_t count = capped_product(dimensions(cell));
    const bool characters = H5Tget_class(type.get()) == H5T_INTEGER && holds_characters(cell, where);
    const bool number = H5Tget_class(type.get()) == H5T_INTEGER || H5Tget_class(type.get()) == H5T_FLOAT;
    if (!number || count > kMostCharacters || (count != 1 && !characters)) {
        throw DataError(
            fmt::format("{}: shape {} is neither a text nor one number", where, shape_text(dimensions(cell))));
    }
    return characters ? text_of_utf16(read_values<std::uint16_t>(cell, H5T_NATIVE_UINT16, where))
                      : fmt::format("{}", read_values<double>(cell, H5T_NATIVE_DOUBLE, where).at(0));
}

} // namespace

Cells::Cells(hid_t dataset) : path_(path_of(dataset)) {
    const std::string where = fmt::format("{}: {}", path_, name_of(dataset));
    const Handle file(H5Iget_file_id(dataset));
    std::unordered_map<std::uint64_t, std::string> targets;
    if (has_object(file.get(), kTargets)) {
        group_ = checked(H5Gopen2(file.get(), kTargets, H5P_DEFAULT), where);
        for (const Link& link : links_of(group_.get(), where).links) {
            targets.emplace(link.address, link.name);
        }
    }
    for (const hobj_ref_t reference : read_values<hobj_ref_t>(dataset, H5T_STD_REF_OBJ, where)) {
        const auto found = targets.find(reference);
        if (found == targets.end() || reference == 0) {
            throw DataError(fmt::format("{}: reference {} leads to no member of the group {}, where MATLAB keeps what "
                                        "is in cells; name the images themselves with data.images",
                                        where, names_.size(), kTargets));
        }
        names_.push_back(found->second);
    }
}

std::string Cells::name(std::size_t cell) const {
    return fmt::format("{}/{}", kTargets, names_.at(cell));
}

Handle Cells::open(std::size_t cell) const {
    return open_object(group_.get(), names_.at(cell), FileBytes(path_), fmt::format("{}: {}", path_, name(cell)));
}

std::vector<std::string> cell_texts(hid_t dataset) {
    const Cells cells(dataset);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        texts.push_back(text_in(cells.open(i).get(), cells.name(i)));
    }
    return texts;
}

} // namespace tacit::shards::h5
