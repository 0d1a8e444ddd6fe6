// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/virtual/virtual_mappings.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

namespace tacit::shards::h5 {
namespace {

constexpr ssize_t kMaxNameBytes = 4096;

using NameGetter = ssize_t (*)(hid_t, std::size_t, char*, std::size_t);

/// %% is a percent sign; %b would be the number of a block.
std::string without_escapes(const std::string& name, const std::string& where) {
    std::string plain;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '%' && ++i < name.size() && name[i] != '%') {
            throw DataError(
                fmt::format("{}: this virtual data set names its parts by a pattern, {}; name the files with a "
                            "pattern in data.path instead",
                            where, name));
        }
        plain += i < name.size() ? name[i] : '%';
    }
    return plain;
}

std::string mapped_name(NameGetter get, hid_t properties, std::size_t index, const std::string& where) {
    const ssize_t size = get(properties, index, nullptr, 0);
    if (size <= 0 || size > kMaxNameBytes) {
        throw DataError(
            fmt::format("{}: mapping {} of this virtual data set has a name of {} bytes", where, index, size));
    }
    std::string name(static_cast<std::size_t>(size) + 1, '\0');
    get(properties, index, name.data(), name.size());
    name.resize(static_cast<std::size_t>(size));
    return without_escapes(name, where);
}

} // namespace

std::vector<Mapping> mappings_of(hid_t dataset, const std::string& where) {
    const Handle properties = checked(H5Dget_create_plist(dataset), where);
    std::vector<Mapping> mappings;
    if (H5Pget_layout(properties.get()) != H5D_VIRTUAL) {
        return mappings;
    }
    std::size_t count = 0;
    if (H5Pget_virtual_count(properties.get(), &count) < 0) {
        throw DataError(fmt::format("{}: its mappings cannot be read: {}", where, reason()));
    }
    for (std::size_t i = 0; i < count; ++i) {
        Mapping& mapping = mappings.emplace_back();
        mapping.target = checked(H5Pget_virtual_vspace(properties.get(), i), where);
        mapping.source = checked(H5Pget_virtual_srcspace(properties.get(), i), where);
        mapping.file = mapped_name(H5Pget_virtual_filename, properties.get(), i, where);
        mapping.dataset = mapped_name(H5Pget_virtual_dsetname, properties.get(), i, where);
    }
    return mappings;
}

} // namespace tacit::shards::h5
