// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/key.hpp"
#include "pipeline/config/key_info.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tacit::config {

struct DocumentState;

/// Closed interval of allowed values.
template <class T> struct Range {
    T min = std::numeric_limits<T>::lowest();
    T max = std::numeric_limits<T>::max();
};

/// How many entries a list may have.
struct Count {
    std::size_t least = 0;
    std::size_t most = std::numeric_limits<std::size_t>::max();
};

/// One mapping of the config while it is read. Every read names a key with its meaning and its default, and is
/// recorded with the value's origin: what is never read is an error when the document is finished
/// (Document::finish), what was read is what --print-config shows, and what was said of it is `tacit help config`
/// (describe.hpp). Reading a key twice returns the same value. Cheap to copy; refers to its Document, which must
/// outlive it. Not thread-safe.
///
/// A default must itself be allowed (std::logic_error otherwise): the resolved config holds it and is read
/// again. All readers throw ConfigError with file:line (or "--set"), the full key and what is allowed.
class Section {
  public:
    Section(DocumentState& document, std::string path);

    std::int64_t integer(const Key& key, std::int64_t fallback, Range<std::int64_t> range = {}) const;
    double number(const Key& key, double fallback, Range<double> range = {}) const;
    bool flag(const Key& key, bool fallback) const;
    std::string text(const Key& key, std::string_view fallback) const;
    /// One of `allowed`; a wrong word gets the nearest allowed one in the message.
    std::string choice(const Key& key, std::string_view fallback, const std::vector<std::string>& allowed) const;
    /// Lists; a single value reads as a list of one.
    std::vector<std::int64_t> integers(const Key& key, const std::vector<std::int64_t>& fallback,
                                       Range<std::int64_t> range = {}) const;
    std::vector<double> numbers(const Key& key, const std::vector<double>& fallback, Range<double> range = {},
                                Count count = {}) const;
    std::vector<std::string> texts(const Key& key, const std::vector<std::string>& fallback) const;

    /// Like text(), for a key without a default: absent is an error.
    std::string required_text(const Key& key) const;

    /// The mapping under `key`; an absent one reads as empty (all defaults).
    Section section(std::string_view key) const;
    /// The mappings of the list under `key`; an absent one reads as empty. In paths, "key.0" is the first.
    std::vector<Section> sections(const Key& key) const;
    /// What this mapping is for.
    void about(std::string_view meaning) const;
    /// Another form that `key` may have, in YAML, of which more keys follow: described as if it were given.
    void may_be(std::string_view key, const std::string& yaml) const;
    /// Whether the user gave `key` (file or --set).
    bool has(std::string_view key) const;
    /// Whether what the user gave for `key` is a mapping.
    bool is_mapping(std::string_view key) const;
    /// The word that the file gives for `key` where --set replaced it by another one, else "".
    std::string replaced(std::string_view key) const;
    /// Whether the value of `key` stands in the file, and no --set changed it.
    bool in_file(std::string_view key) const;
    /// The keys that the user gave here, in file order.
    std::vector<std::string> keys() const;

    /// "file:line: section.key: message", thrown as ConfigError.
    [[noreturn]] void fail(std::string_view key, const std::string& message) const;

  private:
    DocumentState* document_;
    std::string path_; ///< dotted path of this mapping, empty at the root
};

/// A whole config: one YAML file (at most 1 MiB, 32 levels, 10,000 nodes, no anchors or aliases)
/// plus "--set a.b=c" overrides.
class Document {
  public:
    static Document from_file(const std::string& path);
    /// `name` stands for the file in messages.
    static Document from_text(const std::string& text, const std::string& name);
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    ~Document();

    /// "section.key=value"; the value is YAML (numbers, words, [lists], {mappings}).
    /// Call it before anything is read. Messages say that it came from `origin`.
    void set(const std::string& assignment, const std::string& origin);
    /// The same from "--set assignment".
    void set(const std::string& assignment);
    /// The same for a value that is text as it stands, e.g. a path given by a flag of its own.
    void set_text(const std::string& key, const std::string& value);
    Section root();
    /// Throws ConfigError for the first key that was given but never read, with the nearest key read.
    void finish() const;
    /// Every value read so far as YAML: what a run folder keeps. Reading it back gives the same values.
    std::string resolved_yaml() const;
    /// The same with the origin of each value behind it: "# default", "# file:line", "# --set".
    std::string resolved_yaml_with_origins() const;
    /// What readers said of each key so far, in reading order.
    const std::vector<KeyInfo>& keys_read() const;
    /// What Section::may_be() named so far: key and YAML.
    const std::vector<std::pair<std::string, std::string>>& other_forms() const;
    /// The default of every key read so far, given or not, as YAML; a list of mappings as a mapping of their indices.
    std::string defaults_yaml() const;

  private:
    explicit Document(std::unique_ptr<DocumentState> state);
    std::unique_ptr<DocumentState> state_;
};

} // namespace tacit::config
