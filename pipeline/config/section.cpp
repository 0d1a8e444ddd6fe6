// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/section.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/config/document_state.hpp"
#include "pipeline/config/yaml.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <optional>
#include <stdexcept>

namespace tacit::config {
namespace {

using Complain = std::function<void(const std::string&)>; ///< throws

template <class T> std::string value_text(const T& value) {
    if constexpr (std::is_same_v<T, std::int64_t>) {
        return std::to_string(value);
    } else if constexpr (std::is_same_v<T, double>) {
        return number_text(value);
    } else if constexpr (std::is_same_v<T, bool>) {
        return value ? "true" : "false";
    } else {
        return value;
    }
}

template <class T> std::string range_text(const Range<T>& range) {
    const bool below = range.min > std::numeric_limits<T>::lowest();
    const bool above = range.max < std::numeric_limits<T>::max();
    if (below && above) {
        return " in [" + value_text(range.min) + ", " + value_text(range.max) + "]";
    }
    if (below) {
        return " >= " + value_text(range.min);
    }
    return above ? " <= " + value_text(range.max) : "";
}

/// The text as T, or what is wrong with it.
template <class T> std::optional<T> parsed_number(const std::string& text) {
    const char* begin = text.data();
    const char* end = begin + text.size();
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
        ++begin;
    }
    T value{};
    const auto [last, status] = std::from_chars(begin, end, value);
    if (status != std::errc() || last != end) {
        return std::nullopt;
    }
    if constexpr (std::is_same_v<T, double>) {
        if (!std::isfinite(value)) {
            return std::nullopt;
        }
    }
    return value;
}

/// How one type of value is read and named in messages.
template <class T> struct Reader {
    Range<T> range;
    std::string plural() const { return (std::is_same_v<T, double> ? "numbers" : "integers") + range_text(range); }
    std::string values() const { return (std::is_same_v<T, double> ? "number" : "integer") + range_text(range); }
    std::string expected() const {
        return (std::is_same_v<T, double> ? "a finite number" : "an integer") + range_text(range);
    }
    std::optional<T> operator()(const Node& node) const {
        if (node.kind != NodeKind::scalar || node.quoted) {
            return std::nullopt;
        }
        const std::optional<T> value = parsed_number<T>(node.scalar);
        return value && *value >= range.min && *value <= range.max ? value : std::nullopt;
    }
};

template <> struct Reader<bool> {
    std::string expected() const { return "true or false"; }
    std::string values() const { return expected(); }
    std::optional<bool> operator()(const Node& node) const {
        if (node.kind != NodeKind::scalar || node.quoted || (node.scalar != "true" && node.scalar != "false")) {
            return std::nullopt;
        }
        return node.scalar == "true";
    }
};

template <> struct Reader<std::string> {
    std::string expected() const { return "text"; }
    std::string plural() const { return "texts"; }
    std::string values() const { return expected(); }
    std::optional<std::string> operator()(const Node& node) const {
        return node.kind == NodeKind::scalar ? std::optional(node.scalar) : std::nullopt;
    }
};

std::string shown(const Node& node) {
    if (node.kind != NodeKind::scalar) {
        return kind_text(node.kind);
    }
    const std::string text = one_line(node.scalar, 60);
    return node.quoted ? "the text '" + text + "'" : "'" + text + "'";
}

/// Node of a value that was read: what resolved_yaml() shows and a second reading finds.
template <class T> Node to_node(const T& value, const Origin& origin) {
    return scalar_node(value_text(value), std::is_same_v<T, std::string>, origin);
}

template <class T> Node to_node(const std::vector<T>& values, const Origin& origin) {
    Node node;
    node.kind = NodeKind::list;
    node.origin = origin;
    for (const T& value : values) {
        node.items.push_back(to_node(value, origin));
    }
    return node;
}

template <class T> T checked(const Node& node, const Reader<T>& reader, const Complain& complain) {
    const std::optional<T> value = reader(node);
    if (!value) {
        complain("expected " + reader.expected() + ", got " + shown(node));
    }
    return *value;
}

// How the value of a key is parsed, and what it may be.

template <class T> struct Single {
    using Value = T;
    Reader<T> reader = {};
    KeyInfo info() const { return {.values = reader.values()}; }
    T operator()(const Node& node, const Complain& complain) const { return checked(node, reader, complain); }
};

struct Choice {
    using Value = std::string;
    const std::vector<std::string>& allowed;
    KeyInfo info() const { return {.values = "a word", .choices = allowed}; }
    std::string operator()(const Node& node, const Complain& complain) const {
        std::string word = checked(node, Reader<std::string>{}, complain);
        if (std::find(allowed.begin(), allowed.end(), word) == allowed.end()) {
            complain(unknown_word("word", word, allowed));
        }
        return word;
    }
};

template <class T> struct List {
    using Value = std::vector<T>;
    Reader<T> reader = {};
    Count count = {};

    /// "2 numbers in [0, 1]", "list of integers".
    std::string amount() const {
        constexpr std::size_t kAny = Count{}.most;
        if (count.most == 1) {
            return reader.values();
        }
        if (count.most == kAny) {
            return "list of " + reader.plural();
        }
        const std::string least = count.least == count.most ? "" : std::to_string(count.least) + " to ";
        return least + std::to_string(count.most) + " " + reader.plural();
    }
    KeyInfo info() const { return {.values = amount()}; }

    std::vector<T> operator()(const Node& node, const Complain& complain) const {
        if (node.kind != NodeKind::list) {
            return {checked(node, reader, [&](const std::string&) {
                complain("expected " + reader.expected() + " or a list of them, got " + shown(node));
            })};
        }
        std::vector<T> values;
        for (const Node& item : node.items) {
            values.push_back(checked(item, reader, [&](const std::string&) {
                complain("entry " + std::to_string(values.size() + 1) + ": expected " + reader.expected() + ", got " +
                         shown(item));
            }));
        }
        if (values.size() < count.least || values.size() > count.most) {
            complain("expected " + amount() + ", got " + std::to_string(values.size()));
        }
        return values;
    }
};

const Origin kDefaultOrigin{"default", false};

/// The mapping of `tree` at a dotted path, created where absent.
Node& mapping_at(Node& tree, std::string_view path) {
    Node* node = &tree;
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        const std::string key(path.substr(0, dot));
        Node* child = node->find(key);
        if (child == nullptr) {
            node->entries.push_back({key, Node{NodeKind::mapping, "", false, {}, {}, kDefaultOrigin}});
            child = &node->entries.back().value;
        }
        node = child;
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    }
    return *node;
}

/// Puts `node` at `key` of the mapping at `path` of `tree`.
void record(Node& tree, const std::string& path, std::string_view key, Node node) {
    Node& mapping = mapping_at(tree, path);
    if (Node* old = mapping.find(key)) {
        *old = std::move(node);
    } else {
        mapping.entries.push_back({std::string(key), std::move(node)});
    }
}

/// Keeps what the reader says of a key, the first time.
void describe(DocumentState& state, const std::string& path, const Key& key, KeyInfo info) {
    info.path = joined(path, key.name);
    if (state.info_of(info.path) != nullptr) {
        return;
    }
    info.meaning = key.meaning;
    info.unit = key.unit;
    if (!key.usual.empty()) {
        info.usual = key.usual;
    }
    state.keys.push_back(std::move(info));
}

/// Reads `key` with `parse`; takes and records `fallback` where the user gave nothing. A default is checked
/// like a given value, since a resolved config holds it and is read again.
template <class Parse>
typename Parse::Value read_value(DocumentState& state, const std::string& path, const Key& key,
                                 const typename Parse::Value& fallback, const Section& section, const Parse& parse) {
    const Complain complain = [&](const std::string& message) { section.fail(key.name, message); };
    const std::string full = joined(path, key.name);
    const Node* given = state.given.at_path(full);
    const Node usual = to_node(fallback, kDefaultOrigin);
    state.read_begun = true;
    record(state.defaults, path, key.name, usual);
    KeyInfo info = parse.info();
    info.usual = value_yaml(usual);
    describe(state, path, key, std::move(info));
    if (given != nullptr) {
        if (given->kind == NodeKind::null) {
            complain("has no value; write one, or remove the key to take the default");
        }
        typename Parse::Value value = parse(*given, complain);
        record(state.read, path, key.name, to_node(value, given->origin));
        return value;
    }
    if (const Node* earlier = state.read.at_path(full)) {
        return parse(*earlier, complain);
    }
    parse(usual, [&](const std::string& message) {
        throw std::logic_error("the default of config key '" + full + "' is not allowed: " + message);
    });
    record(state.read, path, key.name, usual);
    return fallback;
}

} // namespace

Section::Section(DocumentState& document, std::string path) : document_(&document), path_(std::move(path)) {}

std::int64_t Section::integer(const Key& key, std::int64_t fallback, Range<std::int64_t> range) const {
    return read_value(*document_, path_, key, fallback, *this, Single<std::int64_t>{{range}});
}

double Section::number(const Key& key, double fallback, Range<double> range) const {
    return read_value(*document_, path_, key, fallback, *this, Single<double>{{range}});
}

bool Section::flag(const Key& key, bool fallback) const {
    return read_value(*document_, path_, key, fallback, *this, Single<bool>{});
}

std::string Section::text(const Key& key, std::string_view fallback) const {
    return read_value(*document_, path_, key, std::string(fallback), *this, Single<std::string>{});
}

std::string Section::choice(const Key& key, std::string_view fallback, const std::vector<std::string>& allowed) const {
    return read_value(*document_, path_, key, std::string(fallback), *this, Choice{allowed});
}

std::vector<std::int64_t> Section::integers(const Key& key, const std::vector<std::int64_t>& fallback,
                                            Range<std::int64_t> range) const {
    return read_value(*document_, path_, key, fallback, *this, List<std::int64_t>{{range}});
}

std::vector<double> Section::numbers(const Key& key, const std::vector<double>& fallback, Range<double> range,
                                     Count count) const {
    return read_value(*document_, path_, key, fallback, *this, List<double>{{range}, count});
}

std::vector<std::string> Section::texts(const Key& key, const std::vector<std::string>& fallback) const {
    return read_value(*document_, path_, key, fallback, *this, List<std::string>{});
}

std::string Section::required_text(const Key& key) const {
    const Node* given = document_->given.at_path(joined(path_, key.name));
    describe(*document_, path_, key, {.values = "text", .usual = "none: it must be given"});
    if (given == nullptr || given->kind == NodeKind::null) {
        fail(key.name, "is required; give it in the config or with --set " + joined(path_, key.name) + "=...");
    }
    return text(key, "");
}

Section Section::section(std::string_view key) const {
    const std::string path = joined(path_, key);
    const Node* given = document_->given.at_path(path);
    if (given != nullptr && given->kind != NodeKind::mapping && given->kind != NodeKind::null) {
        fail(key, "expected a mapping, got " + shown(*given));
    }
    if (given != nullptr) {
        mapping_at(document_->read, path).origin = given->origin;
    }
    document_->read_begun = true;
    return {*document_, path};
}

std::vector<Section> Section::sections(const Key& key) const {
    const std::string path = joined(path_, key.name);
    describe(*document_, path_, key, {.values = "list of mappings", .usual = "[]"});
    const Node* given = document_->given.at_path(path);
    if (given == nullptr) {
        return {};
    }
    if (given->kind != NodeKind::list) {
        fail(key.name, "expected a list of mappings, got " + shown(*given));
    }
    Node list{NodeKind::list, "", false, {}, {}, given->origin};
    std::vector<Section> sections;
    for (const Node& item : given->items) {
        const std::string place = joined(path, std::to_string(sections.size()));
        if (item.kind != NodeKind::mapping) {
            throw ConfigError(item.origin.place + ": " + place + ": expected a mapping, got " + shown(item));
        }
        list.items.push_back({NodeKind::mapping, "", false, {}, {}, item.origin});
        sections.push_back(Section(*document_, place));
    }
    document_->read_begun = true;
    if (document_->read.at_path(path) == nullptr) {
        record(document_->read, path_, key.name, std::move(list));
    }
    return sections;
}

void Section::about(std::string_view meaning) const {
    describe(*document_, path_, Key::of("", meaning), {});
}

void Section::may_be(std::string_view key, const std::string& yaml) const {
    document_->variants.emplace_back(joined(path_, key), yaml);
}

bool Section::has(std::string_view key) const {
    return document_->given.at_path(joined(path_, key)) != nullptr;
}

bool Section::is_mapping(std::string_view key) const {
    const Node* given = document_->given.at_path(joined(path_, key));
    return given != nullptr && given->kind == NodeKind::mapping;
}

std::string Section::replaced(std::string_view key) const {
    const Node* given = document_->given.at_path(joined(path_, key));
    return given == nullptr ? "" : given->origin.instead_of;
}

bool Section::in_file(std::string_view key) const {
    const Node* given = document_->given.at_path(joined(path_, key));
    return given != nullptr && !given->origin.place.starts_with("--set");
}

std::vector<std::string> Section::keys() const {
    std::vector<std::string> names;
    if (const Node* given = document_->given.at_path(path_)) {
        for (const auto& entry : given->entries) {
            names.push_back(entry.key);
        }
    }
    return names;
}

void Section::fail(std::string_view key, const std::string& message) const {
    const std::string full = joined(path_, key);
    throw ConfigError(document_->place_of(full) + ": " + full + ": " + message);
}

} // namespace tacit::config
