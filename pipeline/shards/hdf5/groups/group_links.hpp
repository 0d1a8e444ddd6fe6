// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards::h5 {

struct Link {
    std::string name;
    bool hard = true;          ///< leads to nothing but an object of the same file
    std::uint64_t address = 0; ///< of that object, as references name it
};

/// What a group lists, in the order in which its members count.
struct GroupLinks {
    std::vector<Link> links;
    std::size_t lists = 0; ///< of labels for the other members, one row for each; the last of `links`
    std::string order;     ///< "their names" or "their creation"
    std::string doubt;     ///< why rows of another data set may be in another order; empty: nothing speaks for one
};

/// Members whose names differ in numbers alone stand in the order of these; others in the order of their creation where
/// the group tracks it, else of their names. Lists of labels have no part in that.
/// Throws DataError "<where>: …".
GroupLinks links_of(hid_t group, const std::string& where);

} // namespace tacit::shards::h5
