// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/run_paths.hpp"

#include "pipeline/base/error.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <system_error>

namespace tacit::train {

RunPaths::RunPaths(std::string run_folder) : folder(std::move(run_folder)) {
    while (folder.size() > 1 && folder.back() == '/') {
        folder.pop_back();
    }
}

void make_folder(const std::string& path) {
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
    if (failed) {
        throw IoError(fmt::format("cannot create folder '{}': {}", path, failed.message()));
    }
}

} // namespace tacit::train
