// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/listing.hpp"

#include "pipeline/shards/guess/axes_guess.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/groups/cells.hpp"
#include "pipeline/shards/hdf5/groups/sample_groups.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/read/extents.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace tacit::shards::h5 {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxSets = 10000;

class Listing {
  public:
    void walk(hid_t group, const std::string& prefix, int depth) {
        H5G_info_t info{};
        if (depth > kMaxDepth || H5Gget_info(group, &info) < 0) {
            return;
        }
        for (hsize_t i = 0; i < info.nlinks && sets.size() < kMaxSets; ++i) {
            std::array<char, 1024> name{};
            H5L_info_t link{};
            if (H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT) <
                    0 ||
                H5Lget_info(group, name.data(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD ||
                !may_be_opened(group, name.data())) {
                continue;
            }
            const Handle object(H5Oopen(group, name.data(), H5P_DEFAULT));
            const H5I_type_t type = object.valid() ? H5Iget_type(object.get()) : H5I_BADID;
            ObjectInfo about{};
            if (type == H5I_DATASET) {
                add(object.get(), prefix + name.data());
            } else if (type == H5I_GROUP && H5Oget_info2(object.get(), &about, H5O_INFO_BASIC) >= 0 &&
                       visited_.insert(about.addr).second) {
                walk(object.get(), prefix + name.data() + "/", depth + 1);
            }
        }
    }

    std::vector<ListedSet> sets;

  private:
    void add(hid_t dataset, const std::string& name) {
        const Handle type(H5Dget_type(dataset));
        if (!type.valid()) {
            return;
        }
        ListedSet set{name, dimensions(dataset), shape_of(dataset), element_of(type.get())};
        set.text = H5Tget_class(type.get()) == H5T_STRING;
        set.whole = H5Tget_class(type.get()) == H5T_INTEGER;
        set.table = H5Tget_class(type.get()) == H5T_COMPOUND;
        set.byte_list = H5Tget_class(type.get()) == H5T_OPAQUE || set.kind == Shape::blob;
        set.lone = set.element ? guess_one_image({set.shape.begin(), set.shape.end()}) : std::string();
        set.bytes = static_cast<double>(H5Tget_size(type.get()));
        for (const hsize_t extent : set.shape) {
            set.bytes *= static_cast<double>(extent);
        }
        sets.push_back(std::move(set));
    }

    std::set<haddr_t> visited_;
};

/// "a/b" of "a/b/c", and "/" of "a".
std::string group_of(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string::npos ? "/" : name.substr(0, slash);
}

/// A data set, or a group of them.
struct Candidate {
    std::string name;
    double bytes = 0;
};

/// Members of a group so far.
struct Group {
    int kind = 0;
    hsize_t images = 0;
    double bytes = 0;
    bool notes = true;          ///< so far nothing of more than a few values
    std::vector<hsize_t> lists; ///< rows of those that may be labels

    void add(int of, double more) {
        kind = images == 0 || kind == of ? of : 0;
        ++images;
        bytes += more;
    }
    bool holds_images(const std::vector<hsize_t>& rows) const {
        return kind != 0 && images > 1 &&
               std::all_of(rows.begin(), rows.end(), [this](hsize_t count) { return count == images; });
    }
};

/// Groups that hold nothing but images of one kind, as `kind` (0: none) tells, two at least, and lists of their labels;
/// and groups of such groups (classes, or images) before them.
template <class Kind> std::vector<Candidate> groups_of_images(const std::vector<ListedSet>& sets, const Kind& kind) {
    std::map<std::string, Group> groups;
    for (const ListedSet& set : sets) {
        Group& group = groups[group_of(set.name)];
        group.notes = group.notes && !set.byte_list && set.kind != Shape::encoded && !may_be_image(set.shape);
        if (kind(set) == 0 && set.shape.size() == 1 && may_list_labels(set.name)) {
            group.lists.push_back(set.shape[0]);
        } else {
            group.add(kind(set), set.bytes);
        }
    }
    std::vector<Candidate> found;
    std::map<std::string, Group> parents;
    for (const auto& [name, group] : groups) {
        if (group.holds_images(group.lists)) {
            found.push_back({name, group.bytes});
        }
        if (name != "/" && !group.notes) {
            parents[group_of(name)].add(group.lists.empty() ? group.kind : 0, group.bytes);
        }
    }
    for (const auto& [name, parent] : parents) {
        const Group& own = groups[name];
        if (own.images == 0 && parent.holds_images(own.lists)) {
            found.insert(found.begin(), {name, parent.bytes});
        }
    }
    return found;
}

int kind_of_bytes(const ListedSet& set) {
    return set.byte_list ? 1 : 0;
}

/// Pixels of one type and number of channels.
int kind_of_pixels(const ListedSet& set) {
    if (set.lone.empty()) {
        return 0;
    }
    const std::size_t channel = set.lone.find('C');
    const hsize_t channels = channel == std::string::npos ? 1 : set.shape[channel];
    return 8 * (1 + static_cast<int>(*set.element)) + static_cast<int>(channels); // 1, 3 or 4
}

} // namespace

bool may_be_image(const std::vector<hsize_t>& shape) {
    constexpr std::uint64_t kLeastBytes = 64;
    return shape.size() >= 2 || capped_product(shape) >= kLeastBytes;
}

std::vector<std::string> image_candidates(const std::vector<ListedSet>& all) {
    constexpr std::size_t kMost = 16;
    std::vector<ListedSet> sets;
    std::copy_if(all.begin(), all.end(), std::back_inserter(sets),
                 [](const ListedSet& set) { return !belongs_to_cells(set.name); });
    std::vector<std::string> names = sample_groups(sets);
    std::erase_if(sets, [&](const ListedSet& set) {
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& one) { return in_sample(set.name, one); });
    });
    std::vector<Candidate> arrays = groups_of_images(sets, kind_of_pixels);
    std::vector<Candidate> cells;
    for (const ListedSet& set : sets) {
        if (set.kind == Shape::pixels || set.kind == Shape::encoded) {
            arrays.push_back({set.name, set.bytes});
        } else if (set.kind == Shape::references) {
            cells.push_back({set.name, set.bytes});
        }
    }
    const auto rank = [](const Candidate& one) { return std::pair(goes_with_images(one.name), -one.bytes); };
    std::stable_sort(arrays.begin(), arrays.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    for (const std::vector<Candidate>& some : {groups_of_images(sets, kind_of_bytes), cells, arrays}) {
        for (const Candidate& one : some) {
            names.push_back(one.name);
        }
    }
    names.resize(std::min(names.size(), kMost));
    return names;
}

std::vector<ListedSet> list_datasets(hid_t file) {
    Listing listing;
    const Handle root(H5Gopen2(file, "/", H5P_DEFAULT));
    if (root.valid()) {
        listing.walk(root.get(), "", 0);
    }
    return std::move(listing.sets);
}

} // namespace tacit::shards::h5
