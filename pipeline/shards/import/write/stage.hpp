// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::shards {

/// The folder `<out>.importing` in which an import is prepared. While it lives it is locked against other
/// imports; unless published or kept it is removed.
class ImportStage {
  public:
    /// Throws ConfigError when `out` holds anything, unless it is all shards and `overwrite` is set; IoError
    /// when the folder cannot be made or another import is writing it. What an interrupted import left is still there.
    ImportStage(const std::string& out, bool overwrite);
    ~ImportStage();
    ImportStage(const ImportStage&) = delete;
    ImportStage& operator=(const ImportStage&) = delete;

    const std::string& folder() const { return folder_; }
    bool empty() const;
    /// Removes every file but `wanted` (names). Throws IoError.
    void clear_except(const std::vector<std::string>& wanted);
    /// Leaves the folder where it is, for another import to go on from.
    void keep() { keep_ = true; }
    /// Syncs the folder and gives it its name. Throws IoError.
    void publish();

  private:
    std::string out_;
    std::string folder_;
    int lock_ = -1;
    bool keep_ = false;
    bool published_ = false;
};

} // namespace tacit::shards
