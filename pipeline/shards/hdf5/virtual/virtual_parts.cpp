// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/virtual/virtual_parts.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/raw/older_view.hpp"
#include "pipeline/shards/hdf5/virtual/virtual_mappings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
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
    std::string file;
    std::string dataset;
};

std::optional<Join> join_of(const Mapping& mapping) {
    const bool all = H5Sget_select_type(mapping.source.get()) == H5S_SEL_ALL;
    const auto target = rows_of(mapping.target.get());
    const auto source = all && target ? std::optional(Rows{0, target->count}) : rows_of(mapping.source.get());
    return target && source && target->count == source->count
               ? std::optional(Join{*target, *source, all, mapping.file, mapping.dataset})
               : std::nullopt;
}

/// The mappings in the order of the virtual data set's rows; none if one is more than a run of rows.
std::vector<Join> joins_of(const std::vector<Mapping>& mappings, std::uint64_t rows) {
    std::vector<Join> joins;
    for (const Mapping& mapping : mappings) {
        std::optional<Join> join = join_of(mapping);
        if (!join) {
            return {};
        }
        joins.push_back(std::move(*join));
    }
    std::sort(joins.begin(), joins.end(), [](const Join& a, const Join& b) { return a.target.first < b.target.first; });
    std::uint64_t next = 0;
    for (const Join& join : joins) {
        if (join.target.first != next) {
            return {}; // a gap reads as the fill value, an overlap as the last mapping
        }
        next += join.target.count;
    }
    return next == rows ? joins : std::vector<Join>();
}

/// A data set that rows come from: an array, or joined itself. Neither: libhdf5 must read it.
struct Source {
    std::string path;
    std::vector<hsize_t> dims;
    std::optional<StoredArray> array;
    std::vector<Join> joins;
};

Source source_at(const Located& at) {
    const std::vector<Mapping> mappings = mappings_of(at.object.get(), fmt::format("{}: {}", at.path, at.name));
    Source source{at.path, dimensions(at.object.get()), {}, {}};
    if (source.dims.empty()) {
        return source;
    }
    if (mappings.empty()) {
        require_plausible(at.object.get(), source.dims[0], at.path);
        source.array = index_array(at.object.get(), FileBytes(at.path), at.name);
    } else {
        source.joins = joins_of(mappings, source.dims[0]);
    }
    return source;
}

/// Collects the parts of one virtual data set.
class Resolver {
  public:
    /// Sources of other numbers than `element` are left to libhdf5, which converts them.
    Resolver(const Roots& roots, Element element) : roots_(roots), element_(element) {}

    /// Adds the `wanted` rows of a data set as rows from `first_row`; false if they are no runs of rows.
    bool add(const Source& source, Rows wanted, std::int64_t first_row) {
        if (source.array) {
            add_stored(source, wanted, first_row);
            return source.array->element == element_;
        }
        return !source.joins.empty() && std::all_of(source.joins.begin(), source.joins.end(), [&](const Join& join) {
            return add_joined(source, join, wanted, first_row);
        });
    }

    std::vector<ImagePart> take() { return std::move(parts_); }

  private:
    void add_stored(const Source& source, Rows wanted, std::int64_t first_row) {
        const auto first = static_cast<std::int64_t>(wanted.first);
        const auto count = static_cast<std::int64_t>(wanted.count);
        if (last_ == &source && parts_.back().first + parts_.back().count == first) { // and rows always follow
            parts_.back().count += count;
            return;
        }
        ImagePart& part = parts_.emplace_back();
        part.array = source.array;
        part.first = first;
        part.count = count;
        part.first_row = first_row;
        last_ = &source;
    }

    /// What `join` gives of the wanted rows of `to`.
    bool add_joined(const Source& to, const Join& join, Rows wanted, std::int64_t first_row) {
        const std::uint64_t begin = std::max(join.target.first, wanted.first);
        const std::uint64_t end = std::min(join.target.first + join.target.count, wanted.first + wanted.count);
        if (begin >= end) {
            return true;
        }
        const Source& source = source_of(to.path, join);
        const Rows rows{join.source.first + begin - join.target.first, end - begin};
        const bool same = source.dims.size() == to.dims.size() &&
                          std::equal(source.dims.begin() + 1, source.dims.end(), to.dims.begin() + 1) &&
                          (join.all ? source.dims[0] == join.source.count : rows.first + rows.count <= source.dims[0]);
        return same && add(source, rows, first_row + static_cast<std::int64_t>(begin - wanted.first));
    }

    /// Each is looked at once, however many mappings lead to it.
    const Source& source_of(const std::string& path, const Join& join) {
        const std::array<std::string, 3> key{path, join.file, join.dataset};
        const auto found = sources_.find(key);
        if (found != sources_.end()) {
            return found->second;
        }
        return sources_.emplace(key, source_at(locate_source(path, join.file, join.dataset, roots_))).first->second;
    }

    const Roots& roots_;
    Element element_;
    std::map<std::array<std::string, 3>, Source> sources_;
    std::vector<ImagePart> parts_;
    const Source* last_ = nullptr; ///< of the last part
};

using SeenSources = std::set<std::pair<std::string, std::string>>;

void require_known(const Located& at, const Roots& roots, SeenSources& seen) {
    for (const Mapping& mapping : mappings_of(at.object.get(), fmt::format("{}: {}", at.path, at.name))) {
        const Located source = locate_source(at.path, mapping.file, mapping.dataset, roots);
        if (seen.emplace(source.path, source.name).second) {
            require_known_layout(source.object.get(), FileBytes(source.path),
                                 fmt::format("{}: {}", source.path, source.name), "a virtual data set of such parts");
            require_known(source, roots, seen);
        }
    }
}

} // namespace

void require_known_sources(const Located& at, const Roots& roots) {
    SeenSources seen;
    require_known(at, roots, seen);
}

std::optional<std::vector<ImagePart>> virtual_parts(const Located& at, const Roots& roots) {
    const Handle type = checked(H5Dget_type(at.object.get()), at.path);
    const Source whole = source_at(at);
    Resolver resolver(roots, element_of(type.get()).value_or(Element::u8));
    const bool joined = !whole.dims.empty() && resolver.add(whole, {0, whole.dims[0]}, 0);
    return joined ? std::optional(resolver.take()) : std::nullopt;
}

} // namespace tacit::shards::h5
