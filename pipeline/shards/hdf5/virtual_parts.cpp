// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/virtual_parts.hpp"
#include "pipeline/shards/hdf5/storage.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/virtual_mappings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tacit::shards::h5 {
namespace {

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

/// A mapping of rows to rows.
struct Join {
    Rows target;
    Rows source;
    bool all = false; ///< of the source's rows, which its mapping does not count
    const Mapping* mapping = nullptr;
};

std::optional<Join> join_of(const Mapping& mapping) {
    const bool all = H5Sget_select_type(mapping.source.get()) == H5S_SEL_ALL;
    const auto target = rows_of(mapping.target.get());
    const auto source = all && target ? std::optional(Rows{0, target->count}) : rows_of(mapping.source.get());
    return target && source && target->count == source->count ? std::optional(Join{*target, *source, all, &mapping})
                                                              : std::nullopt;
}

/// The mappings in the order of the virtual data set's rows; nullopt if one is more than a run of rows.
std::optional<std::vector<Join>> joins_of(const std::vector<Mapping>& mappings, std::uint64_t rows) {
    std::vector<Join> joins;
    for (const Mapping& mapping : mappings) {
        const std::optional<Join> join = join_of(mapping);
        if (!join) {
            return std::nullopt;
        }
        joins.push_back(*join);
    }
    std::sort(joins.begin(), joins.end(), [](const Join& a, const Join& b) { return a.target.first < b.target.first; });
    std::uint64_t next = 0;
    for (const Join& join : joins) {
        if (join.target.first != next) {
            return std::nullopt; // a gap reads as the fill value, an overlap as the last mapping
        }
        next += join.target.count;
    }
    return next == rows ? std::optional(std::move(joins)) : std::nullopt;
}

/// Collects the parts of one virtual data set.
struct Resolver {
    const Roots& roots;
    Element element; ///< sources of other numbers are converted by libhdf5
    std::vector<ImagePart> parts;

    /// Adds the `wanted` rows of a data set as rows from `first_row`; false if they are no runs of rows.
    bool add(const Located& at, Rows wanted, std::int64_t first_row) {
        const std::vector<Mapping> mappings = mappings_of(at.object.get(), fmt::format("{}: {}", at.path, at.name));
        return mappings.empty() ? add_stored(at, wanted, first_row) : add_mapped(at, mappings, wanted, first_row);
    }

    bool add_stored(const Located& at, Rows wanted, std::int64_t first_row) {
        require_plausible(at.object.get(), wanted.count, at.path);
        ImagePart part;
        part.array = index_array(at.object.get(), FileBytes(at.path), at.name);
        part.first = static_cast<std::int64_t>(wanted.first);
        part.count = static_cast<std::int64_t>(wanted.count);
        part.first_row = first_row;
        parts.push_back(std::move(part));
        return parts.back().array->element == element;
    }

    bool add_mapped(const Located& at, const std::vector<Mapping>& mappings, Rows wanted, std::int64_t first_row) {
        const std::vector<hsize_t> dims = dimensions(at.object.get());
        const auto joins = dims.empty() ? std::nullopt : joins_of(mappings, dims[0]);
        if (!joins) {
            return false;
        }
        for (const Join& join : *joins) {
            const std::uint64_t begin = std::max(join.target.first, wanted.first);
            const std::uint64_t end = std::min(join.target.first + join.target.count, wanted.first + wanted.count);
            if (begin >= end) {
                continue;
            }
            const Located source = locate_source(at, *join.mapping, roots);
            const std::vector<hsize_t> shape = dimensions(source.object.get());
            const Rows rows{join.source.first + begin - join.target.first, end - begin};
            const bool same = shape.size() == dims.size() &&
                              std::equal(shape.begin() + 1, shape.end(), dims.begin() + 1) &&
                              (join.all ? shape[0] == join.source.count : rows.first + rows.count <= shape[0]);
            if (!same || !add(source, rows, first_row + static_cast<std::int64_t>(begin - wanted.first))) {
                return false;
            }
        }
        return true;
    }
};

} // namespace

std::optional<std::vector<ImagePart>> virtual_parts(const Located& at, const Roots& roots) {
    const std::vector<hsize_t> dims = dimensions(at.object.get());
    const Handle type = checked(H5Dget_type(at.object.get()), at.path);
    Resolver resolver{roots, element_of(type.get()).value_or(Element::u8), {}};
    return !dims.empty() && resolver.add(at, {0, dims[0]}, 0) ? std::optional(std::move(resolver.parts)) : std::nullopt;
}

} // namespace tacit::shards::h5
