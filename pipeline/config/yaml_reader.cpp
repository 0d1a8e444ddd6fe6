// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/utf8.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/config/yaml.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
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

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (std::exchange(started_, true))
            fail(mark, "a second YAML document begins after this line; a config is a single one");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        check(mark, anchor, "?");
        if (expects_key())
            fail(mark, "a key is missing before ':'");
        add(Node{NodeKind::null, "", false, {}, {}, origin(mark)});
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        fail(mark, "aliases (*name) are not supported; write the value out");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        check(mark, anchor, tag);
        if (expects_key())
            take_key(mark, value);
        else
            add(scalar_node(value, tag == "!", origin(mark)));
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
        if (anchor != 0)
            fail(mark, "anchors (&name) are not supported; write the value out");
        if (!tag.empty() && tag != "?" && tag != "!")
            fail(mark, "tags (" + one_line(tag, kShown) + ") are not supported");
        if (++nodes_ > kMaxNodes)
            fail(mark, "more than " + std::to_string(kMaxNodes) + " values; a config is not a place for data");
    }

    void take_key(const YAML::Mark& mark, const std::string& key) {
        if (!is_key(key))
            fail(mark, "'" + one_line(key, kShown) + "' is no key; keys are words of letters, digits, '_' and '-'");
        if (const Node* earlier = levels_.back().node.find(key))
            fail(mark, "key '" + key + "' is repeated; it is already set at " + earlier->origin.place);
        levels_.back().key = key;
        levels_.back().key_origin = origin(mark);
    }

    void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        check(mark, anchor, tag);
        if (expects_key())
            fail(mark, "a list or mapping stands where a key should; is a closing bracket missing?");
        if (levels_.size() >= static_cast<std::size_t>(kMaxDepth))
            fail(mark, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
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
    if (bad != text.end())
        refuse(static_cast<std::size_t>(bad - text.begin()), "a control character; this is no YAML text file");
    if (const std::size_t at = first_not_utf8(text); at != std::string_view::npos)
        refuse(at, "a character that is not UTF-8 (Latin-1, perhaps); write it in UTF-8");
}

} // namespace

Node parse_yaml(const std::string& text, const std::string& name, bool with_lines) {
    if (text.size() > kMaxBytes)
        throw ConfigError(name + ": larger than 1 MiB; a config is not a place for data");
    refuse_binary(text, name, with_lines);
    TreeBuilder builder(name, with_lines);
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& error) {
        builder.fail(error.mark, "bad YAML: " + one_line(error.msg, kShown));
    }
    return builder.take();
}

} // namespace tacit::config
