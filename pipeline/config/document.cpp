// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/config/document_state.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/config/yaml.hpp"

#include <algorithm>
#include <stdexcept>

namespace tacit::config {
namespace {

/// --set changes entries of lists and adds none.
void refuse_new_entry(const Node& node, const Node* child, const std::string& key, const std::string& name) {
    if (node.kind == NodeKind::list && child == nullptr) {
        throw ConfigError(name + ": '" + key + "' is no entry of the list at " + node.origin.place + ", which has " +
                          std::to_string(node.items.size()) + ", counted from 0");
    }
}

/// Creates the mapping `key` of `node` if it is absent or empty.
Node& child_mapping(Node& node, const std::string& key, const std::string& name) {
    Node* child = node.find(key);
    refuse_new_entry(node, child, key, name);
    if (child == nullptr) {
        node.entries.push_back({key, Node{}});
        child = &node.entries.back().value;
    }
    if (child->kind == NodeKind::null) {
        child->kind = NodeKind::mapping;
        child->origin = Origin{name, true};
    }
    if (child->kind != NodeKind::mapping && child->kind != NodeKind::list) {
        throw ConfigError(name + ": '" + key + "' is " + kind_text(child->kind) + " at " + child->origin.place +
                          ", not a mapping");
    }
    return *child;
}

void apply_assignment(Node& root, std::string_view path, Node value, const std::string& name) {
    Node* node = &root;
    while (true) {
        const std::size_t dot = path.find('.');
        const std::string key(path.substr(0, dot));
        if (dot != std::string_view::npos) {
            node = &child_mapping(*node, key, name);
            path.remove_prefix(dot + 1);
            continue;
        }
        Node* old = node->find(key);
        refuse_new_entry(*node, old, key, name);
        if (old != nullptr && old->kind == NodeKind::scalar && old->scalar != value.scalar) {
            value.origin.instead_of = old->origin.instead_of.empty() ? old->scalar : old->origin.instead_of;
        }
        if (old != nullptr) {
            *old = std::move(value);
        } else {
            node->entries.push_back({key, std::move(value)});
        }
        return;
    }
}

bool is_dotted_key(std::string_view key) {
    const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
    return !key.empty() && key.front() != '.' && key.back() != '.' && key.find("..") == std::string_view::npos &&
           std::all_of(key.begin(), key.end(), allowed) && std::count(key.begin(), key.end(), '.') < kMaxDepth;
}

/// The meaning of the nearest of the `known` keys in section `path`, as the end of a message; "" where none is near.
std::string nearest_meaning(const DocumentState& state, const std::string& path, const std::string& key,
                            const std::vector<std::string>& known) {
    const std::string full = joined(path, nearest_word(key, known));
    const KeyInfo* info = full == path ? nullptr : state.info_of(full);
    return info == nullptr ? "" : "; " + full + ": " + info->meaning;
}

void check_used(const DocumentState& state, const Node& given, const Node& read, const std::string& path) {
    std::vector<std::string> known;
    known.reserve(read.entries.size());
    for (const auto& entry : read.entries) {
        known.push_back(entry.key);
    }
    for (const auto& [key, value] : given.entries) {
        const Node* used = read.find(key);
        if (used == nullptr) {
            throw ConfigError(value.origin.place + ": " + unknown_word("or unused key", key, known) +
                              (path.empty() ? "" : " in section '" + path + "'") +
                              nearest_meaning(state, path, key, known));
        }
        if (value.kind == NodeKind::mapping) {
            check_used(state, value, *used, joined(path, key));
        }
        for (std::size_t i = 0; i < std::min(value.items.size(), used->items.size()); ++i) {
            check_used(state, value.items[i], used->items[i], joined(joined(path, key), std::to_string(i)));
        }
    }
}

} // namespace

std::string DocumentState::place_of(std::string_view path) const {
    while (!path.empty()) {
        if (const Node* node = given.at_path(path)) {
            return node->origin.place;
        }
        const std::size_t dot = path.rfind('.');
        path = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
    }
    return name;
}

const KeyInfo* DocumentState::info_of(std::string_view path) const {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const KeyInfo& info) { return info.path == path; });
    return found == keys.end() ? nullptr : &*found;
}

Document::Document(std::unique_ptr<DocumentState> state) : state_(std::move(state)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Document Document::from_file(const std::string& path) {
    try {
        return from_text(read_file(path, kMaxBytes), path);
    } catch (const IoError& error) {
        throw ConfigError("config: " + std::string(error.what()));
    } catch (const DataError&) {
        throw ConfigError(path + ": larger than 1 MiB; a config is not a place for data");
    }
}

Document Document::from_text(const std::string& text, const std::string& name) {
    auto state = std::make_unique<DocumentState>();
    state->name = name;
    state->given = parse_yaml(text, name, true);
    if (state->given.kind == NodeKind::null) {
        state->given.kind = NodeKind::mapping;
    }
    if (state->given.kind != NodeKind::mapping) {
        throw ConfigError(name + ": a config is a mapping of sections (data:, model:, ...), not " +
                          kind_text(state->given.kind));
    }
    state->read.kind = NodeKind::mapping;
    state->defaults.kind = NodeKind::mapping;
    return Document(std::move(state));
}

void Document::set(const std::string& assignment) {
    set(assignment, "--set " + one_line(assignment));
}

void Document::set(const std::string& assignment, const std::string& name) {
    const std::size_t equals = assignment.find('=');
    const std::string key = assignment.substr(0, equals);
    if (equals == std::string::npos || !is_dotted_key(key)) {
        throw ConfigError(name + ": expected section.key=value");
    }
    if (state_->read_begun) {
        throw std::logic_error("Document::set after values were read");
    }
    apply_assignment(state_->given, key, parse_yaml(assignment.substr(equals + 1), name, false), name);
}

void Document::set_text(const std::string& key, const std::string& value) {
    if (!is_dotted_key(key) || state_->read_begun) {
        throw std::logic_error("Document::set_text: '" + key + "' is no key, or values were already read");
    }
    const std::string name = "command line (" + key + ")";
    apply_assignment(state_->given, key, scalar_node(value, true, Origin{name, true}), name);
}

Section Document::root() {
    return Section(*state_, "");
}

void Document::finish() const {
    check_used(*state_, state_->given, state_->read, "");
}

std::string Document::resolved_yaml() const {
    return write_yaml(state_->read, false);
}

std::string Document::resolved_yaml_with_origins() const {
    return write_yaml(state_->read, true);
}

const std::vector<KeyInfo>& Document::keys_read() const {
    return state_->keys;
}

const std::vector<std::pair<std::string, std::string>>& Document::other_forms() const {
    return state_->variants;
}

std::string Document::defaults_yaml() const {
    return write_yaml(state_->defaults, false);
}

} // namespace tacit::config
