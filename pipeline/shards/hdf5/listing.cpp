// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/listing.hpp"

#include "pipeline/shards/hdf5/array_index.hpp"

#include <array>
#include <set>

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
                H5Lget_info(group, name.data(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) {
                continue;
            }
            const Handle object(H5Oopen(group, name.data(), H5P_DEFAULT));
            const H5I_type_t type = object.valid() ? H5Iget_type(object.get()) : H5I_BADID;
            H5O_info_t about{};
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
        ListedSet set{name, dimensions(dataset), shape_of(dataset), element_of(type.get()), false, 0};
        set.byte_list = H5Tget_class(type.get()) == H5T_OPAQUE || set.kind == Shape::blob;
        set.bytes = static_cast<double>(H5Tget_size(type.get()));
        for (const hsize_t extent : set.shape) {
            set.bytes *= static_cast<double>(extent);
        }
        sets.push_back(std::move(set));
    }

    std::set<haddr_t> visited_;
};

} // namespace

std::vector<ListedSet> list_datasets(hid_t file) {
    Listing listing;
    const Handle root(H5Gopen2(file, "/", H5P_DEFAULT));
    if (root.valid()) {
        listing.walk(root.get(), "", 0);
    }
    return std::move(listing.sets);
}

} // namespace tacit::shards::h5
