// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/node.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace tacit::config {

std::string kind_text(NodeKind kind) {
    switch (kind) {
    case NodeKind::null:
        return "nothing";
    case NodeKind::scalar:
        return "a single value";
    case NodeKind::list:
        return "a list";
    case NodeKind::mapping:
        return "a mapping";
    }
    return "";
}

const Node* Node::find(std::string_view key) const {
    if (kind == NodeKind::list) {
        std::size_t index = 0;
        const auto [end, status] = std::from_chars(key.data(), key.data() + key.size(), index);
        const bool found = status == std::errc() && end == key.data() + key.size() && index < items.size();
        return found ? &items[index] : nullptr;
    }
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) {
    return const_cast<Node*>(std::as_const(*this).find(key)); // NOLINT: the node itself is not const
}

const Node* Node::at_path(std::string_view path) const {
    const Node* node = this;
    while (node != nullptr && !path.empty()) {
        const std::size_t dot = path.find('.');
        node = node->find(path.substr(0, dot));
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    }
    return node;
}

Node scalar_node(std::string text, bool quoted, Origin origin) {
    Node node;
    node.kind = NodeKind::scalar;
    node.scalar = std::move(text);
    node.quoted = quoted;
    node.origin = std::move(origin);
    return node;
}

std::string joined(std::string_view path, std::string_view key) {
    if (path.empty() || key.empty()) {
        return std::string(path) + std::string(key);
    }
    return std::string(path) + "." + std::string(key);
}

std::string number_text(double value) {
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
    return std::string(text.data(), written.ptr);
}

} // namespace tacit::config
