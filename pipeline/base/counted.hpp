// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tacit {

/// "1 image", "3 images", "2 classes".
inline std::string counted(std::int64_t count, std::string_view thing) {
    const char* plural = count == 1 ? "" : thing.ends_with('s') ? "es" : "s";
    return std::to_string(count) + ' ' + std::string(thing) + plural;
}

} // namespace tacit
