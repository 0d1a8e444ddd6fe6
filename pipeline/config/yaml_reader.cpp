// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/utf8.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/config/yaml.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace tacit::config {
namespace {

bool is_key(const std::string& text) {
    const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed);
}

constexpr std::size_t kShown = 60; ///< bytes of the input that a message repeats

/// Builds the tree from yaml-cpp's parse events. Working on events, not on YAML::Node, lets every bound be
/// checked before anything is stored, and sees anchors, which a YAML::Node hides.
class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(const std::string& name, bool with_lines) : name_(name), with_lines_(with_lines) {}

    Node take() { return std::move(root_); }

    [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
        throw ConfigError(place(mark) + ": " + message);
    }

    const YAML::Mark& last_scalar() const { return last_scalar_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (std::exchange(started_, true)) {
            fail(mark, "a second YAML document begins after this line; a config is a single one");
        }
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        check(mark, anchor, "?");
        if (expects_key()) {
            fail(mark, "a key is missing before ':'");
        }
        add(Node{NodeKind::null, "", false, {}, {}, origin(mark)});
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        fail(mark, "aliases (*name) are not supported; write the value out");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        check(mark, anchor, tag);
        last_scalar_ = mark;
        if (expects_key()) {
            take_key(mark, value);
        } else {
            add(scalar_node(value, tag == "!", origin(mark)));
        }
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(NodeKind::list, mark, tag, anchor);
    }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(NodeKind::mapping, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override { close(); }

  private:
    struct Level {
        Node node;
        std::optional<std::string> key; ///< of the entry that is being read
        Origin key_origin;              ///< where a person looks for the entry
    };

    std::string place(const YAML::Mark& mark) const {
        return with_lines_ && !mark.is_null() ? name_ + ":" + std::to_string(mark.line + 1) : name_;
    }
    Origin origin(const YAML::Mark& mark) const { return Origin{place(mark), true}; }

    bool expects_key() const {
        return !levels_.empty() && levels_.back().node.kind == NodeKind::mapping && !levels_.back().key;
    }

    void check(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
        if (anchor != 0) {
            fail(mark, "anchors (&name) are not supported; write the value out");
        }
        if (!tag.empty() && tag != "?" && tag != "!") {
            fail(mark, "tags (" + one_line(tag, kShown) + ") are not supported");
        }
        if (++nodes_ > kMaxNodes) {
            fail(mark, "more than " + std::to_string(kMaxNodes) + " values; a config is not a place for data");
        }
    }

    void take_key(const YAML::Mark& mark, const std::string& key) {
        if (!is_key(key)) {
            fail(mark, "'" + one_line(key, kShown) + "' is no key; keys are words of letters, digits, '_' and '-'");
        }
        if (const Node* earlier = levels_.back().node.find(key)) {
            fail(mark, "key '" + key + "' is repeated; it is already set at " + earlier->origin.place);
        }
        levels_.back().key = key;
        levels_.back().key_origin = origin(mark);
    }

    void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        check(mark, anchor, tag);
        if (expects_key()) {
            fail(mark, "a list or mapping stands where a key should; is a closing bracket missing?");
        }
        if (levels_.size() >= static_cast<std::size_t>(kMaxDepth)) {
            fail(mark, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
        }
        levels_.push_back({Node{kind, "", false, {}, {}, origin(mark)}, std::nullopt, {}});
    }

    void close() {
        Node node = std::move(levels_.back().node);
        levels_.pop_back();
        add(std::move(node));
    }

    void add(Node node) {
        if (levels_.empty()) {
            root_ = std::move(node);
            return;
        }
        Level& level = levels_.back();
        if (level.node.kind == NodeKind::list) {
            level.node.items.push_back(std::move(node));
            return;
        }
        node.origin = std::move(level.key_origin);
        level.node.entries.push_back({std::move(*level.key), std::move(node)});
        level.key.reset();
    }

    std::string name_;
    bool with_lines_;
    YAML::Mark last_scalar_;
    bool started_ = false;
    int nodes_ = 0;
    std::vector<Level> levels_;
    Node root_;
};

void refuse_binary(const std::string& text, const std::string& name, bool with_lines) {
    const auto refuse = [&](std::size_t at, const char* what) {
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
        throw ConfigError(name + (with_lines ? ":" + std::to_string(line) : "") + ": " + what);
    };
    const auto bad = std::find_if(text.begin(), text.end(), [](unsigned char c) {
        return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F;
    });
    if (bad != text.end()) {
        refuse(static_cast<std::size_t>(bad - text.begin()), "a control character; this is no YAML text file");
    }
    if (const std::size_t at = first_not_utf8(text); at != std::string_view::npos) {
        refuse(at, "a character that is not UTF-8 (Latin-1, perhaps); write it in UTF-8");
    }
}

constexpr const char* kQuotes = "a text in quotes is not closed; end it with the quote that it begins with";

std::string column_text(const YAML::Mark& mark) {
    return "column " + std::to_string(mark.column + 1) + ": ";
}

/// Whether the text ends within quotes, which yaml-cpp lets pass: then, and only then, this line is no comment.
bool ends_within_quotes(const std::string& text, const std::string& name) {
    TreeBuilder builder(name, false);
    std::istringstream stream(text + "\n# ' \" x\n");
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        return false;
    } catch (const YAML::Exception&) {
        return true;
    }
}

/// What yaml-cpp's reasons mean in a config, and what to do; they are told by how they begin.
std::string problem_of(const std::string& reason) {
    namespace Reason = YAML::ErrorMsg;
    constexpr const char* kOpen = "a '[' or '{' is not closed, or a ',' is missing between two entries";
    constexpr const char* kIndent =
        "is not indented like the lines above; keys of one section begin in the same column";
    constexpr const char* kEscape = "a backslash in double quotes that stands for no character; write two of them, or "
                                    "use single quotes";
    constexpr const char* kAlias = "a value that begins with '*' or '&' would be an alias, which is not supported; put "
                                   "it into quotes";
    constexpr const char* kTag =
        "a value that begins with '!' would be a tag, which is not supported; put it into quotes";
    constexpr const char* kDirective = "a line that begins with '%' would be a directive, which is not supported";
    static const std::vector<std::pair<const char*, const char*>> kProblems = {
        {Reason::END_OF_MAP_FLOW, kOpen},
        {Reason::END_OF_SEQ_FLOW, kOpen},
        {Reason::FLOW_END, "a ']' or '}' that closes nothing; remove it, or open it before"},
        {Reason::END_OF_MAP, kIndent},
        {Reason::END_OF_SEQ, kIndent},
        {Reason::BLOCK_ENTRY, "a list entry ('- …') cannot begin here; write it on a line of its own, below its key"},
        {Reason::MAP_KEY,
         "a key cannot begin here; write it on a line of its own, or put a text that holds '?' or ': ' "
         "into quotes"},
        {Reason::MAP_VALUE, "a ':' cannot stand here; write one key a line, and put texts that hold ': ' into quotes"},
        {Reason::TAB_IN_INDENTATION, "a tab; indent with spaces"},
        {Reason::EOF_IN_SCALAR, kQuotes},
        {Reason::DOC_IN_SCALAR, kQuotes},
        {Reason::SINGLE_QUOTED_CHAR, kQuotes},
        {Reason::INVALID_ESCAPE, kEscape},
        {Reason::INVALID_HEX, kEscape},
        {Reason::INVALID_UNICODE, kEscape},
        {Reason::UNKNOWN_TOKEN, "no value begins with this character; put the text into quotes"},
        {Reason::ALIAS_NOT_FOUND, kAlias},
        {Reason::ANCHOR_NOT_FOUND, kAlias},
        {Reason::CHAR_IN_ALIAS, kAlias},
        {Reason::CHAR_IN_ANCHOR, kAlias},
        {Reason::UNKNOWN_ANCHOR, kAlias},
        {Reason::MULTIPLE_ALIASES, kAlias},
        {Reason::MULTIPLE_ANCHORS, kAlias},
        {Reason::ALIAS_CONTENT, kAlias},
        {Reason::CHAR_IN_TAG_HANDLE, kTag},
        {Reason::TAG_WITH_NO_SUFFIX, kTag},
        {Reason::END_OF_VERBATIM_TAG, kTag},
        {Reason::MULTIPLE_TAGS, kTag},
        {Reason::YAML_DIRECTIVE_ARGS, kDirective},
        {Reason::YAML_VERSION, kDirective},
        {Reason::YAML_MAJOR_VERSION, kDirective},
        {Reason::REPEATED_YAML_DIRECTIVE, kDirective},
        {Reason::TAG_DIRECTIVE_ARGS, kDirective},
        {Reason::REPEATED_TAG_DIRECTIVE, kDirective},
    };
    const auto found = std::find_if(kProblems.begin(), kProblems.end(),
                                    [&](const auto& problem) { return reason.starts_with(problem.first); });
    return found != kProblems.end()
               ? found->second
               : "this is no YAML; a config is lines of `key: value`, indented with spaces below `section:`";
}

} // namespace

Node parse_yaml(const std::string& text, const std::string& name, bool with_lines) {
    if (text.size() > kMaxBytes) {
        throw ConfigError(name + ": larger than 1 MiB; a config is not a place for data");
    }
    refuse_binary(text, name, with_lines);
    TreeBuilder builder(name, with_lines);
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& error) {
        builder.fail(error.mark, column_text(error.mark) + problem_of(error.msg));
    }
    if (ends_within_quotes(text, name)) {
        builder.fail(builder.last_scalar(), column_text(builder.last_scalar()) + kQuotes);
    }
    return builder.take();
}

} // namespace tacit::config
