// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/data_section.hpp"

#include <fmt/format.h>

#include <utility>

namespace tacit::shards {

std::string yaml_text(const std::string& text) {
    constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
    constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/";
    // Of one letter, y and n are truth values to some readers.
    const bool plain = text.size() > 1 && text.find_first_not_of(kPlain) == std::string::npos &&
                       !text.starts_with('-') && text.find_first_of(kLetters) != std::string::npos;
    if (plain) {
        return text;
    }
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? std::string("''") : std::string(1, c);
    }
    return out + "'";
}

std::string section_line(const DataSpec& spec) {
    std::string text;
    for (const auto& [key, value] : {std::pair{"path", &spec.path}, std::pair{"images", &spec.images},
                                     std::pair{"labels", &spec.labels}, std::pair{"axes", &spec.axes}}) {
        if (!value->empty()) {
            text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key, yaml_text(*value));
        }
    }
    return "data: {" + text + "}";
}

} // namespace tacit::shards
