// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tacit::config {

enum class NodeKind { null, scalar, list, mapping };

/// "null", "a value", "a list", "a mapping": for messages.
std::string kind_text(NodeKind kind);

/// Where a value comes from.
struct Origin {
    std::string place;           ///< "file.yaml:12", "--set optim.lr=3", or "default"
    bool given = true;           ///< by the user, in the file or with --set
    std::string instead_of = {}; ///< the word in the file that --set replaced by another one; "": none
};

struct Entry;

/// One node of a config tree: a plain value, without YAML's machinery.
struct Node {
    NodeKind kind = NodeKind::null;
    std::string scalar;
    bool quoted = false; ///< the scalar is text even if it looks like a number
    std::vector<Node> items;
    std::vector<Entry> entries; ///< in the order of the file
    Origin origin;

    /// What stands under `key`: the value of a mapping's key, or the entry of a list whose index (from 0) it is; null
    /// where there is none.
    const Node* find(std::string_view key) const;
    Node* find(std::string_view key);
    /// The node at a dotted path below this one ("" is this one); null where there is none.
    const Node* at_path(std::string_view path) const;
};

/// One key of a mapping.
struct Entry {
    std::string key;
    Node value;
};

/// A scalar node.
Node scalar_node(std::string text, bool quoted, Origin origin);

/// "section.key"; where one of them is empty, the other.
std::string joined(std::string_view path, std::string_view key);

/// A double as the shortest text that reads back as the same value.
std::string number_text(double value);

} // namespace tacit::config
