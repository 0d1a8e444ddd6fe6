// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"

#include <string>
#include <vector>

namespace tacit::shards::h5 {

/// What the references of a data set lead to, in the order in which MATLAB (version 7.3) counts cells.
class Cells {
  public:
    /// Of a data set of references. Throws DataError "<path>: <name>: …" for one that leads to none of the members of
    /// group #refs#.
    explicit Cells(hid_t dataset);

    std::size_t size() const { return names_.size(); }
    /// With its group.
    std::string name(std::size_t cell) const;
    /// Throws DataError "<path>: <name>: …".
    Handle open(std::size_t cell) const;

  private:
    std::string path_;
    Handle group_;
    std::vector<std::string> names_; ///< in the group
};

/// The texts, or single numbers, that the cells of a data set hold. Throws DataError "<path>: <name>: …".
std::vector<std::string> cell_texts(hid_t dataset);

/// Whether a group or data set keeps what cells refer to.
inline bool belongs_to_cells(const std::string& name) {
    return name.starts_with("#refs#") || name.starts_with("#subsystem#");
}

} // namespace tacit::shards::h5
