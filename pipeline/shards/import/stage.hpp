// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tacit::shards {

/// The folder `<out>.importing` in which an import is prepared. While it lives it is locked against other
/// imports; unless published it is removed, as is one that an interrupted import left.
class ImportStage {
  public:
    /// Throws ConfigError when `out` holds anything, unless it is all shards and `overwrite` is set; IoError
    /// when the folder cannot be made or another import is writing it.
    ImportStage(const std::string& out, bool overwrite);
    ~ImportStage();
    ImportStage(const ImportStage&) = delete;
    ImportStage& operator=(const ImportStage&) = delete;

    const std::string& folder() const { return folder_; }
    /// Syncs the folder and gives it its name. Throws IoError.
    void publish();

  private:
    std::string out_;
    std::string folder_;
    int lock_ = -1;
    bool published_ = false;
};

} // namespace tacit::shards
