// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/inspect.hpp"

#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/describe.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"

#include <fmt/format.h>

#include <array>
#include <set>

namespace tacit::shards {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxLines = 10000;
/// Walks one file; libhdf5 reports damage by return values, which become lines.
class Tree {
  public:
    explicit Tree(std::vector<std::string>& lines) : lines_(lines) {}

    void walk(hid_t group, int depth) {
        attributes(group, depth);
        H5G_info_t info{};
        if (H5Gget_info(group, &info) < 0) {
            add(depth, "(group unreadable)");
            return;
        }
        for (hsize_t i = 0; i < info.nlinks && lines_.size() < kMaxLines; ++i) {
            std::array<char, 1024> name{};
            if (H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT) <
                0) {
                add(depth, "(unreadable entry)");
                return;
            }
            entry(group, name.data(), depth);
        }
        if (lines_.size() >= kMaxLines && !cut_) {
            cut_ = true;
            lines_.push_back(fmt::format("… only the first {} lines are shown", kMaxLines));
        }
    }

  private:
    void add(int depth, const std::string& text) {
        lines_.push_back(std::string(2 * static_cast<std::size_t>(depth), ' ') + text);
    }

    void attributes(hid_t object, int depth) {
        const std::vector<std::string> names = h5::attribute_names(object);
        for (std::size_t i = 0; i < names.size() && lines_.size() < kMaxLines; ++i) {
            add(depth, names[i].empty() ? "@ (unreadable attribute)"
                                        : fmt::format("@{} = {}", names[i], h5::attribute_value(object, names[i])));
        }
    }

    void entry(hid_t group, const std::string& name, int depth) {
        H5L_info_t link{};
        if (H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT) < 0) {
            add(depth, name + "  (unreadable link)");
            return;
        }
        if (link.type != H5L_TYPE_HARD) { // Never followed: a link may lead anywhere on this machine.
            add(depth, fmt::format("{}  {} link", name, link.type == H5L_TYPE_SOFT ? "soft" : "external"));
            return;
        }
        if (!h5::may_be_opened(group, name)) {
            add(depth, name + "  (damaged object)");
            return;
        }
        const h5::Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT));
        if (!object.valid()) {
            add(depth, fmt::format("{}  (cannot be opened{})", name, told_ ? "" : ": " + h5::reason()));
            told_ = true;
            return;
        }
        switch (H5Iget_type(object.get())) {
        case H5I_DATASET:
            dataset(object.get(), name, depth);
            return;
        case H5I_GROUP:
            subgroup(object.get(), name, depth);
            return;
        case H5I_DATATYPE:
            add(depth, name + "  named type");
            return;
        default:
            add(depth, name + "  (damaged object)");
            return;
        }
    }

    void dataset(hid_t id, const std::string& name, int depth) {
        const h5::Handle type(H5Dget_type(id));
        add(depth, fmt::format("{}  {} {}, {}", name, h5::shape_text(h5::dimensions(id)),
                               type.valid() ? h5::type_text(type.get()) : "type unreadable", h5::storage_text(id)));
        attributes(id, depth + 1);
    }

    void subgroup(hid_t id, const std::string& name, int depth) {
        add(depth, name + "/");
        h5::ObjectInfo info{};
        const bool known = H5Oget_info2(id, &info, H5O_INFO_BASIC) < 0 || !visited_.insert(info.addr).second;
        if (known) {
            add(depth + 1, "(shown above)");
        } else if (depth + 1 >= kMaxDepth) {
            add(depth + 1, "(deeper levels are not shown)");
        } else {
            walk(id, depth + 1);
        }
    }

    std::vector<std::string>& lines_;
    std::set<haddr_t> visited_;
    bool cut_ = false;
    bool told_ = false; ///< why an object cannot be opened: mostly it is the same for all
};

} // namespace

void describe_file(const std::string& path, std::vector<std::string>& lines) {
    const h5::Session session;
    const h5::Handle file = h5::open_file(path);
    const h5::Handle root = h5::checked(H5Gopen2(file.get(), "/", H5P_DEFAULT), path);
    lines.push_back(path);
    Tree(lines).walk(root.get(), 1);
}

} // namespace tacit::shards
