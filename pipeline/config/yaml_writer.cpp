// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/yaml.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace tacit::config {
namespace {

bool is_plain_word(const std::string& text) {
    constexpr std::array<std::string_view, 4> kNullWords = {"null", "Null", "NULL", "~"};
    if (text.empty() || std::find(kNullWords.begin(), kNullWords.end(), text) != kNullWords.end()) {
        return false;
    }
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/' || c == '+';
    };
    return text.front() != '-' && std::all_of(text.begin(), text.end(), allowed);
}

std::string double_quoted(const std::string& text) {
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted += std::string("\\") + c;
        } else if (byte < 0x20 || byte == 0x7F) {
            quoted += fmt::format("\\x{:02x}", byte);
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

std::string scalar_text(const Node& node) {
    return node.quoted && !is_plain_word(node.scalar) ? double_quoted(node.scalar) : node.scalar;
}

std::string list_text(const Node& node) {
    std::string text = "[";
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        text += (i == 0 ? "" : ", ") + scalar_text(node.items[i]);
    }
    return text + "]";
}

class Writer {
  public:
    explicit Writer(bool with_origins) : with_origins_(with_origins) {}

    void mapping(const Node& node, const std::string& indent) {
        for (const auto& [key, value] : node.entries) {
            if (value.kind == NodeKind::mapping && !value.entries.empty()) {
                text_ += indent + key + ":\n";
                mapping(value, indent + "  ");
            } else if (value.kind == NodeKind::list && has_mappings(value)) {
                text_ += indent + key + ":\n";
                list(value, indent + "  ");
            } else {
                line(indent + key + ": " + value_yaml(value), value.origin);
            }
        }
    }

    std::string take() { return std::move(text_); }

  private:
    static bool has_mappings(const Node& list) {
        return std::any_of(list.items.begin(), list.items.end(),
                           [](const Node& item) { return item.kind == NodeKind::mapping; });
    }

    /// A list of mappings: each begins with a dash before its first key.
    void list(const Node& node, const std::string& indent) {
        for (const Node& item : node.items) {
            const std::size_t begin = text_.size();
            if (item.entries.empty()) {
                line(indent + "  {}", item.origin);
            } else {
                mapping(item, indent + "  ");
            }
            text_[begin + indent.size()] = '-';
        }
    }

    void line(const std::string& content, const Origin& origin) {
        constexpr std::size_t kOriginColumn = 40;
        text_ += content;
        if (with_origins_) {
            text_ += std::string(content.size() < kOriginColumn ? kOriginColumn - content.size() : 1, ' ') + "# " +
                     origin.place;
        }
        text_ += '\n';
    }

    bool with_origins_;
    std::string text_;
};

} // namespace

std::string value_yaml(const Node& node) {
    switch (node.kind) {
    case NodeKind::scalar:
        return scalar_text(node);
    case NodeKind::list:
        return list_text(node);
    case NodeKind::mapping:
        return "{}";
    case NodeKind::null:
        break;
    }
    return "~";
}

std::string write_yaml(const Node& mapping, bool with_origins) {
    Writer writer(with_origins);
    writer.mapping(mapping, "");
    return writer.take();
}

} // namespace tacit::config
