// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/reason.hpp"

#include <filesystem>
#include <new>
#include <system_error>

namespace tacit {

std::string reason_of(const std::exception& error) {
    if (const auto* files = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
        const std::string other = files->path2().empty() ? "" : " and " + files->path2().string();
        return files->path1().string() + other + ": " + files->code().message();
    }
    if (const auto* system = dynamic_cast<const std::system_error*>(&error)) {
        return system->code().message();
    }
    if (std::string text = library_reason == nullptr ? std::string() : library_reason(error); !text.empty()) {
        return text;
    }
    return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ? "out of memory" : error.what();
}

} // namespace tacit
