// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/groups/group_links.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/guess/numbered_names.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <new>
#include <optional>
#include <utility>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kMaxLinks = std::uint64_t{1} << 31;

#if H5_VERSION_GE(1, 12, 0)
using LinkInfo = H5L_info1_t;
constexpr auto kIterateLinks = H5Literate1;
#else
using LinkInfo = H5L_info_t;
constexpr auto kIterateLinks = H5Literate;
#endif

struct Member {
    Link link;
    std::optional<std::int64_t> created; ///< place in the order of creation
};

std::vector<Member> members_of(hid_t group, const std::string& where) {
    std::vector<Member> members;
    const auto take = [](hid_t, const char* name, const LinkInfo* info, void* out) -> herr_t {
        try {
            const bool hard = info->type == H5L_TYPE_HARD;
            auto& all = *static_cast<std::vector<Member>*>(out);
            all.push_back({{name, hard, hard ? std::uint64_t{info->u.address} : 0},
                           info->corder_valid > 0 ? std::optional<std::int64_t>(info->corder) : std::nullopt});
            return all.size() < kMaxLinks ? 0 : -1;
        } catch (const std::bad_alloc&) {
            return -1;
        }
    };
    hsize_t at = 0;
    if (kIterateLinks(group, H5_INDEX_NAME, H5_ITER_INC, &at, take, &members) < 0) {
        throw DataError(fmt::format("{}: cannot be listed: {}", where, reason()));
    }
    return members;
}

bool has_rows(hid_t group, const std::string& name, std::size_t rows) {
    const Handle object(may_be_opened(group, name) ? H5Oopen(group, name.c_str(), H5P_DEFAULT) : H5I_INVALID_HID);
    return object.valid() && H5Iget_type(object.get()) == H5I_DATASET &&
           dimensions(object.get()) == std::vector<hsize_t>{rows};
}

/// Takes lists of labels from among the members: by name, and with a row for each other member.
std::vector<Member> take_lists(hid_t group, std::vector<Member>& members) {
    const auto named = std::stable_partition(members.begin(), members.end(),
                                             [](const Member& one) { return !may_list_labels(one.link.name); });
    const auto others = static_cast<std::size_t>(named - members.begin());
    const auto lists = std::stable_partition(named, members.end(), [&](const Member& one) {
        return others == 0 || !one.link.hard || !has_rows(group, one.link.name, others);
    });
    std::vector<Member> taken(std::make_move_iterator(lists), std::make_move_iterator(members.end()));
    members.erase(lists, members.end());
    return taken;
}

bool differ_in_numbers(const std::vector<Member>& members) {
    const std::string name = members.empty() ? std::string() : members.front().link.name;
    const std::string first = without_numbers(name, "#");
    return first != name && std::all_of(members.begin(), members.end(), [&](const Member& one) {
               return without_numbers(one.link.name, "#") == first;
           });
}

/// Whether objects lie in the file as if they had been written in this order; a file may reuse some freed space.
bool lie_in_order(const std::vector<Member>& members) {
    constexpr std::size_t kReused = 8;
    std::vector<std::uint64_t> rising; // the least last address, for each number of members, that rise so far
    std::size_t known = 0;
    for (const Member& member : members) {
        if (const std::uint64_t address = member.link.address; address != 0) { // grows while a file is written
            const auto above = std::upper_bound(rising.begin(), rising.end(), address);
            if (above == rising.end()) {
                rising.push_back(address);
            } else {
                *above = address;
            }
            ++known;
        }
    }
    return known - rising.size() <= known / kReused;
}

std::string doubt_text(const std::vector<Member>& members, const char* other) {
    return fmt::format("the names ('{}' … '{}') give one order, {} another, and nothing tells which of them the rows "
                       "of a data set follow; name each image's label in a table (data.labels: FILE.csv:COLUMN), or "
                       "say data.labels: none",
                       members.front().link.name, members.back().link.name, other);
}

} // namespace

GroupLinks links_of(hid_t group, const std::string& where) {
    std::vector<Member> members = members_of(group, where);
    const std::vector<Member> lists = take_lists(group, members);
    const auto by_name = [](const Member& a, const Member& b) { return natural_less(a.link.name, b.link.name); };
    const auto by_creation = [](const Member& a, const Member& b) { return a.created < b.created; };
    const bool tracked = !members.empty() && std::all_of(members.begin(), members.end(),
                                                         [](const Member& one) { return one.created.has_value(); });
    const bool numbered = differ_in_numbers(members);
    GroupLinks found;
    found.lists = lists.size();
    std::sort(members.begin(), members.end(), by_name);
    found.order = "their names";
    if (tracked && !numbered) {
        std::sort(members.begin(), members.end(), by_creation);
        found.order = "their creation";
    } else if (tracked && !std::is_sorted(members.begin(), members.end(), by_creation)) {
        found.doubt = doubt_text(members, "the order in which they were created");
    } else if (!tracked && !lie_in_order(members)) {
        found.doubt = doubt_text(members, "the places at which they were written into the file");
    }
    members.insert(members.end(), lists.begin(), lists.end());
    for (Member& member : members) {
        found.links.push_back(std::move(member.link));
    }
    return found;
}

} // namespace tacit::shards::h5
