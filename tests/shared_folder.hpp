// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/mpi_main.hpp"
#include "tests/temporary_folder.hpp"

#include <optional>
#include <string>

namespace tacit::dist {

/// A folder that all ranks of a test share: rank 0 makes it, and removes it when all have done.
class SharedFolder {
  public:
    SharedFolder() {
        if (world().rank() == 0) {
            own_.emplace();
        }
        path_ = own_ ? own_->path() : "";
        world().broadcast(path_, 0);
    }
    ~SharedFolder() { world().barrier(); }
    SharedFolder(const SharedFolder&) = delete;
    SharedFolder& operator=(const SharedFolder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::optional<TemporaryFolder> own_;
    std::string path_;
};

} // namespace tacit::dist
