// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/virtual_parts.hpp"
#include "pipeline/shards/hdf5/storage.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tacit::shards::h5 {
namespace {

constexpr int kMaxNesting = 8;

/// A run of the first dimension, if a selection is just that.
struct Rows {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

std::optional<Rows> rows_of(hid_t space) {
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 1 || rank > H5S_MAX_RANK) {
        return std::nullopt;
    }
    std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
    std::vector<hsize_t> low(dims.size());
    std::vector<hsize_t> high(dims.size());
    if (H5Sget_simple_extent_dims(space, dims.data(), nullptr) < 0 ||
        H5Sget_select_bounds(space, low.data(), high.data()) < 0) {
        return std::nullopt;
    }
    hsize_t points = high[0] - low[0] + 1;
    for (std::size_t i = 1; i < dims.size(); ++i) {
        if (low[i] != 0 || high[i] + 1 != dims[i]) {
            return std::nullopt;
        }
        points *= dims[i];
    }
    if (static_cast<hsize_t>(H5Sget_select_npoints(space)) != points) {
        return std::nullopt; // strides or holes
    }
    return Rows{low[0], high[0] - low[0] + 1};
}

std::string mapped_name(hid_t properties, std::size_t index, bool file) {
    const auto get = file ? H5Pget_virtual_filename : H5Pget_virtual_dsetname;
    const ssize_t size = get(properties, index, nullptr, 0);
    if (size <= 0 || size > 4096) {
        return {};
    }
    std::string name(static_cast<std::size_t>(size) + 1, '\0');
    get(properties, index, name.data(), name.size());
    name.resize(static_cast<std::size_t>(size));
    return name;
}

struct Mapping {
    Rows target;
    Rows source;
    std::string file;
    std::string dataset;
};

/// The mappings in the order of the virtual data set's rows; nullopt if one is more than a run of rows.
std::optional<std::vector<Mapping>> mappings_of(hid_t properties, std::uint64_t rows) {
    std::size_t count = 0;
    if (H5Pget_virtual_count(properties, &count) < 0) {
        return std::nullopt;
    }
    std::vector<Mapping> mappings;
    for (std::size_t i = 0; i < count; ++i) {
        const Handle target_space(H5Pget_virtual_vspace(properties, i));
        const Handle source_space(H5Pget_virtual_srcspace(properties, i));
        const auto target = target_space.valid() ? rows_of(target_space.get()) : std::nullopt;
        const auto source = source_space.valid() ? rows_of(source_space.get()) : std::nullopt;
        Mapping mapping{target.value_or(Rows{}), source.value_or(Rows{}), mapped_name(properties, i, true),
                        mapped_name(properties, i, false)};
        if (!target || !source || target->count != source->count || mapping.file.find('%') != std::string::npos ||
            mapping.dataset.empty()) {
            return std::nullopt;
        }
        mappings.push_back(std::move(mapping));
    }
    std::sort(mappings.begin(), mappings.end(),
              [](const Mapping& a, const Mapping& b) { return a.target.first < b.target.first; });
    std::uint64_t next = 0;
    for (const Mapping& mapping : mappings) {
        if (mapping.target.first != next) {
            return std::nullopt; // a gap reads as the fill value, an overlap as the last mapping
        }
        next += mapping.target.count;
    }
    return next == rows ? std::optional(std::move(mappings)) : std::nullopt;
}

bool resolve(const Located& at, Rows wanted, std::int64_t first_row, const Roots& roots, int nesting,
             std::vector<ImagePart>& parts);

bool resolve_virtual(const Located& at, hid_t properties, Rows wanted, std::int64_t first_row, const Roots& roots,
                     int nesting, std::vector<ImagePart>& parts) {
    const std::vector<hsize_t> dims = dimensions(at.object.get());
    const auto mappings = dims.empty() ? std::nullopt : mappings_of(properties, dims[0]);
    if (!mappings || nesting >= kMaxNesting) {
        return false;
    }
    for (const Mapping& mapping : *mappings) {
        const std::uint64_t begin = std::max(mapping.target.first, wanted.first);
        const std::uint64_t end = std::min(mapping.target.first + mapping.target.count, wanted.first + wanted.count);
        if (begin >= end) {
            continue;
        }
        const Located source =
            locate(mapping.file == "." ? at.path : file_beside(at.path, mapping.file, roots), mapping.dataset, roots);
        std::vector<hsize_t> source_dims = dimensions(source.object.get());
        const Rows rows{mapping.source.first + begin - mapping.target.first, end - begin};
        const bool same = source_dims.size() == dims.size() &&
                          std::equal(source_dims.begin() + 1, source_dims.end(), dims.begin() + 1) &&
                          rows.first + rows.count <= source_dims[0];
        if (!same || !resolve(source, rows, first_row + static_cast<std::int64_t>(begin - wanted.first), roots,
                              nesting + 1, parts)) {
            return false;
        }
    }
    return true;
}

bool resolve(const Located& at, Rows wanted, std::int64_t first_row, const Roots& roots, int nesting,
             std::vector<ImagePart>& parts) {
    const Handle properties = checked(H5Dget_create_plist(at.object.get()), at.path);
    if (H5Pget_layout(properties.get()) == H5D_VIRTUAL) {
        return resolve_virtual(at, properties.get(), wanted, first_row, roots, nesting, parts);
    }
    require_plausible(at.object.get(), wanted.count, at.path);
    ImagePart part;
    part.array = index_array(at.object.get(), FileBytes(at.path), at.name);
    part.first = static_cast<std::int64_t>(wanted.first);
    part.count = static_cast<std::int64_t>(wanted.count);
    part.first_row = first_row;
    parts.push_back(std::move(part));
    return true;
}

} // namespace

std::optional<std::vector<ImagePart>> virtual_parts(const Located& at, const Roots& roots) {
    const std::vector<hsize_t> dims = dimensions(at.object.get());
    std::vector<ImagePart> parts;
    if (dims.empty() || !resolve(at, {0, dims[0]}, 0, roots, 0, parts)) {
        return std::nullopt;
    }
    return parts;
}

} // namespace tacit::shards::h5
