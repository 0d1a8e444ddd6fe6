// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/config/section.hpp"
#include "tests/message_of.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace tacit::config {
namespace {

Document document(const std::string& text) {
    return Document::from_text(text, "c.yaml");
}

std::string parse_message(const std::string& text) {
    return message_of<ConfigError>([&] { document(text); });
}

TEST(Finish, AcceptsAConfigThatWasReadWhole) {
    Document config = document("optim: {lr: 1, betas: [1, 2]}\nempty: {}\n");
    config.root().section("optim").number({"lr", "of a test"}, 0);
    config.root().section("optim").numbers({"betas", "of a test"}, {});
    config.root().section("empty");
    EXPECT_NO_THROW(config.finish());
}

TEST(Finish, NamesAnUnknownKeyWithTheNearestThatIsRead) {
    Document config = document("optim:\n  lr: 1\n  momentun: 0.9\n");
    config.root().section("optim").number({"lr", "of a test"}, 0);
    config.root().section("optim").number({"momentum", "of a test"}, 0.9);
    EXPECT_EQ(message_of<ConfigError>([&] { config.finish(); }),
              "c.yaml:3: unknown or unused key 'momentun'; did you mean "
              "'momentum'? (one of: lr, momentum) in section 'optim'; optim.momentum: of a test");
}

TEST(Finish, NamesAnUnknownSection) {
    Document config = document("optm: {lr: 1}\n");
    config.root().section("optim").number({"lr", "of a test"}, 0);
    EXPECT_EQ(message_of<ConfigError>([&] { config.finish(); }),
              "c.yaml:1: unknown or unused key 'optm'; did you mean 'optim'? (one of: optim)");
}

TEST(Finish, RefusesAKeyThatOnlyAnotherChoiceWouldRead) {
    const auto read = [](Document& config) {
        const Section optim = config.root().section("optim");
        if (optim.choice({"name", "of a test"}, "sgd", {"sgd", "adamw"}) == "sgd") {
            optim.number({"momentum", "of a test"}, 0.9);
        }
        config.finish();
    };
    Document used = document("optim: {name: sgd, momentum: 0.5}\n");
    EXPECT_NO_THROW(read(used));
    Document unused = document("optim:\n  name: adamw\n  momentum: 0.5\n");
    EXPECT_EQ(message_of<ConfigError>([&] { read(unused); }),
              "c.yaml:3: unknown or unused key 'momentum' (one of: name) in section 'optim'");
}

TEST(Finish, NamesTheFlagOfAnUnknownOverride) {
    Document config = document("optim: {lr: 1}\n");
    config.set("optim.lrr=2");
    config.root().section("optim").number({"lr", "of a test"}, 0);
    EXPECT_EQ(message_of<ConfigError>([&] { config.finish(); }),
              "--set optim.lrr=2: unknown or unused key 'lrr'; did you mean 'lr'? (one of: lr) in section 'optim'; "
              "optim.lr: of a test");
}

TEST(Set, TakesPrecedenceOverTheFileAndTheLastOneWins) {
    Document config = document("optim: {lr: 1}\n");
    config.set("optim.lr=2");
    config.set("optim.lr=3");
    EXPECT_EQ(config.root().section("optim").number({"lr", "of a test"}, 0), 3);
}

TEST(Set, CreatesNestedMappings) {
    Document config = document("");
    config.set("augment.overrides.gaussian_blur.p=0");
    EXPECT_EQ(
        config.root().section("augment").section("overrides").section("gaussian_blur").number({"p", "of a test"}, 1),
        0);
    EXPECT_NO_THROW(config.finish());
}

TEST(Set, ReadsListsAndMappings) {
    Document config = document("a: 1\n");
    config.set("a=[1, 2]");
    config.set("b={c: word}");
    EXPECT_EQ(config.root().integers({"a", "of a test"}, {}), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(config.root().section("b").text({"c", "of a test"}, ""), "word");
}

TEST(Set, RefusesWhatIsNoAssignment) {
    Document config = document("a: 1\n");
    for (const std::string bad : {"a", "=1", "a..b=1", ".a=1", "a.=1", "a b=1", ""}) {
        EXPECT_EQ(message_of<ConfigError>([&] { config.set(bad); }), "--set " + bad + ": expected section.key=value");
    }
}

TEST(Set, RefusesToLookInsideAValue) {
    Document config = document("a: 1\n");
    EXPECT_EQ(message_of<ConfigError>([&] { config.set("a.b=1"); }),
              "--set a.b=1: 'a' is a single value at c.yaml:1, not a mapping");
}

TEST(Set, NamesItselfWhenTheValueIsWrong) {
    Document config = document("a: 1\n");
    config.set("a=fast");
    EXPECT_EQ(message_of<ConfigError>([&] {
                  config.root().number({"a", "of a test"}, 0);
              }),
              "--set a=fast: a: expected a finite number, got 'fast'");
    Document other = document("");
    EXPECT_EQ(message_of<ConfigError>([&] { other.set("a=[1"); }).rfind("--set a=[1: ", 0), 0U);
}

TEST(Set, AfterReadingIsABug) {
    Document config = document("a: 1\n");
    config.root().integer({"a", "of a test"}, 0);
    EXPECT_THROW(config.set("a=2"), std::logic_error);
}

TEST(SetText, TakesTheValueAsItStands) {
    Document config = document("");
    config.set_text("data.path", "a: [b #c");
    EXPECT_EQ(config.root().section("data").text({"path", "of a test"}, ""), "a: [b #c");
}

/// Reads everything that the documents below hold.
void read_all(Document& config) {
    const Section root = config.root();
    const Section optim = root.section("optim");
    optim.number({"lr", "of a test"}, 0.1);
    optim.number({"tiny", "of a test"}, 1.0 / 3.0);
    optim.numbers({"betas", "of a test"}, {0.9, 0.999});
    optim.numbers({"none", "of a test"}, {});
    optim.flag({"nesterov", "of a test"}, true);
    optim.integer({"steps", "of a test"}, 9007199254740993);
    root.section("data").text({"path", "of a test"}, "");
    root.section("data").texts({"names", "of a test"},
                               {"plain", "with: colon", "null", "", "-1", "\"quoted\" \\ \n\t\x01", "#c", "1"});
    for (const std::string& key : root.section("overrides").keys()) {
        root.section("overrides").section(key).number({"p", "of a test"}, 0.25);
    }
}

TEST(ResolvedYaml, RoundTrips) {
    Document config = document("optim: {lr: 0.30000000000000004}\noverrides: {blur: {}, crop: {p: 1e-300}}\n");
    config.set("data.path='a b'");
    read_all(config);
    const std::string first = config.resolved_yaml();
    Document again = Document::from_text(first, "resolved.yaml");
    read_all(again);
    EXPECT_NO_THROW(again.finish());
    EXPECT_EQ(again.resolved_yaml(), first);
    EXPECT_EQ(again.root().section("optim").number({"lr", "of a test"}, 0), 0.30000000000000004);
    EXPECT_EQ(again.root().section("optim").number({"tiny", "of a test"}, 0), 1.0 / 3.0);
    EXPECT_EQ(again.root().section("overrides").section("blur").number({"p", "of a test"}, 0), 0.25);
    EXPECT_EQ(
        again.root().section("data").texts({"names", "of a test"}, {}),
        (std::vector<std::string>{"plain", "with: colon", "null", "", "-1", "\"quoted\" \\ \n\t\x01", "#c", "1"}));
}

TEST(ResolvedYaml, KeepsAGivenEmptySection) {
    Document config = document("overrides: {flip: {}}\n");
    for (const std::string& key : config.root().section("overrides").keys()) {
        config.root().section("overrides").section(key);
    }
    EXPECT_EQ(config.resolved_yaml(), "overrides:\n  flip: {}\n");
}

TEST(ResolvedYaml, ShowsTheOriginOfEveryValue) {
    Document config = document("\noptim: {lr: 2}\n");
    config.set("optim.seed=4");
    const Section optim = config.root().section("optim");
    optim.number({"lr", "of a test"}, 0);
    optim.integer({"seed", "of a test"}, 0);
    optim.text({"name", "of a test"}, "sgd");
    EXPECT_EQ(config.resolved_yaml_with_origins(), "optim:\n"
                                                   "  lr: 2                                 # c.yaml:2\n"
                                                   "  seed: 4                               # --set optim.seed=4\n"
                                                   "  name: sgd                             # default\n");
}

TEST(Limits, RepeatedKeys) {
    EXPECT_EQ(parse_message("a: 1\nb: 2\na: 3\n"), "c.yaml:3: key 'a' is repeated; it is already set at c.yaml:1");
}

TEST(Limits, Depth) {
    const std::string deep = std::string(33, '[') + std::string(33, ']');
    EXPECT_EQ(parse_message("a: " + deep), "c.yaml:1: nested deeper than 32 levels");
    EXPECT_EQ(parse_message("a: " + std::string(31, '[') + std::string(31, ']')), "(nothing was thrown)");
}

TEST(Limits, DepthBomb) {
    EXPECT_EQ(parse_message("a: " + std::string(500000, '[') + std::string(500000, ']')),
              "c.yaml:1: nested deeper than 32 levels");
    EXPECT_EQ(parse_message("a: " + std::string(500000, '{')),
              "c.yaml:1: a list or mapping stands where a key should; is a closing bracket missing?");
}

TEST(Limits, Aliases) {
    EXPECT_EQ(parse_message("a: &x 1\nb: *x\n"), "c.yaml:1: anchors (&name) are not supported; write the value out");
    EXPECT_EQ(parse_message("&x\n- *x\n"), "c.yaml:1: anchors (&name) are not supported; write the value out");
    EXPECT_NE(parse_message("a: *x\n").find("c.yaml:1: "), std::string::npos);
}

TEST(Limits, Tags) {
    EXPECT_NE(parse_message("a: !!python/object 1\n").find("c.yaml:1: tags ("), std::string::npos);
}

TEST(Limits, Size) {
    EXPECT_EQ(parse_message("a: " + std::string(std::size_t{2} << 20, 'x')),
              "c.yaml: larger than 1 MiB; a config is not a place for data");
}

TEST(Limits, SizeOfAFile) {
    const std::string path = ::testing::TempDir() + "/two_mebibytes.yaml";
    write_file_atomically(path, "a: " + std::string(std::size_t{2} << 20, 'x'));
    EXPECT_EQ(message_of<ConfigError>([&] { Document::from_file(path); }),
              path + ": larger than 1 MiB; a config is not a place for data");
}

TEST(Limits, NumberOfNodes) {
    std::string many = "a: [";
    for (int i = 0; i < 10001; ++i) {
        many += "1,";
    }
    EXPECT_EQ(parse_message(many + "]"), "c.yaml:1: more than 10000 values; a config is not a place for data");
}

TEST(Limits, Keys) {
    EXPECT_EQ(parse_message("a.b: 1\n"), "c.yaml:1: 'a.b' is no key; keys are words of letters, digits, '_' and '-'");
    EXPECT_EQ(parse_message("{[a]: 1}\n"),
              "c.yaml:1: a list or mapping stands where a key should; is a closing bracket missing?");
}

TEST(Limits, SecondDocument) {
    EXPECT_EQ(parse_message("a: 1\n---\nb: 2\n"),
              "c.yaml:2: a second YAML document begins after this line; a config is a single one");
}

TEST(Limits, NotAMapping) {
    EXPECT_EQ(parse_message("- 1\n"), "c.yaml: a config is a mapping of sections (data:, model:, ...), not a list");
    EXPECT_EQ(parse_message(""), "(nothing was thrown)");
}

TEST(Limits, BadYamlNamesTheLine) {
    constexpr const char* kOpen = "a '[' or '{' is not closed, or a ',' is missing between two entries";
    EXPECT_EQ(parse_message("a: 1\nb: [1, 2\n"), std::string("c.yaml:3: column 1: ") + kOpen);
    EXPECT_EQ(parse_message("a: {b: 1\nc: 2\n").substr(10), std::string("column 2: ") + kOpen);
    EXPECT_EQ(parse_message("a:\n  b: 1\n c: 2\n"),
              "c.yaml:3: column 2: is not indented like the lines above; keys of one section begin in the same column");
    EXPECT_EQ(parse_message("a: b: c\n"), "c.yaml:1: column 5: a ':' cannot stand here; write one key a line, and put "
                                          "texts that hold ': ' into quotes");
    EXPECT_EQ(parse_message("a:\n\tb: 1\n").substr(0, 10), "c.yaml:2: ");
    for (const char* quote : {"'", "\""}) {
        EXPECT_EQ(parse_message(std::string("a: 1\nb: ") + quote + "my run\nc:\n  d: 1\n"),
                  "c.yaml:2: column 4: a text in quotes is not closed; end it with the quote that it begins with");
    }
    for (const char* text : {"a: it's\n", "a: 'it''s'", "a: |\n  it's \"\n", "a: 1 # it's\n", "{a: \"'\"}"}) {
        EXPECT_EQ(parse_message(text), "(nothing was thrown)") << text;
    }
    EXPECT_EQ(parse_message("a: \"C:\\photos\"\n"), "c.yaml:1: column 9: a backslash in double quotes that stands for "
                                                    "no character; write two of them, or use single quotes");
    EXPECT_EQ(parse_message("a: */image\n"), "c.yaml:1: column 4: a value that begins with '*' or '&' would be an "
                                             "alias, which is not supported; put it into quotes");
    EXPECT_EQ(parse_message("a: @label\n"),
              "c.yaml:1: column 4: no value begins with this character; put the text into quotes");
    EXPECT_EQ(parse_message("a: ]\n"), "c.yaml:1: column 4: a ']' or '}' that closes nothing; remove it, or open it "
                                       "before");
    EXPECT_EQ(parse_message("a: - b\n"), "c.yaml:1: column 4: a list entry ('- …') cannot begin here; write it on a "
                                         "line of its own, below its key");
    EXPECT_EQ(parse_message("%YAML 9.9.9\na: 1\n").substr(0, 10), "c.yaml:1: ");
    EXPECT_EQ(parse_message(std::string("a: 1\nb: \0\n", 10)),
              "c.yaml:2: a control character; this is no YAML text file");
}

TEST(Parse, NamesTheLineOfTextThatIsNotUtf8) {
    EXPECT_EQ(parse_message("report:\n  title: caf\xE9\n"),
              "c.yaml:2: a character that is not UTF-8 (Latin-1, perhaps); write it in UTF-8");
    Document config = document("report: {title: caf\xC3\xA9}\n");
    EXPECT_EQ(config.root().section("report").text({"title", "of a test"}, ""), "caf\xC3\xA9");
}

TEST(Set, RefusesTextThatIsNotUtf8) {
    Document config = document("report: {title: a}\n");
    const std::string message = message_of<ConfigError>([&] { config.set("report.title=caf\xE9"); });
    EXPECT_TRUE(message.starts_with("--set report.title=caf")) << message;
    EXPECT_TRUE(message.ends_with("write it in UTF-8")) << message;
}

TEST(FromFile, AMissingFileIsAConfigError) {
    EXPECT_EQ(message_of<ConfigError>([] { Document::from_file("/nonexistent/c.yaml"); }),
              "config: cannot read '/nonexistent/c.yaml': No such file or directory (ENOENT)");
}

TEST(Document, DefaultsAreThoseOfGivenKeysToo) {
    Document document = Document::from_text("optim: {lr: 3}\nviews:\n  - p: 1\n", "c.yaml");
    const Section optim = document.root().section("optim");
    EXPECT_EQ(optim.number({"lr", "of a test"}, 0.5), 3);
    EXPECT_EQ(optim.numbers({"betas", "of a test"}, {0.9, 0.99}), (std::vector<double>{0.9, 0.99}));
    document.root().sections({"views", "of a test"}).front().number({"p", "of a test"}, 0.5);
    EXPECT_EQ(document.defaults_yaml(), "optim:\n  lr: 0.5\n  betas: [0.9, 0.99]\nviews:\n  0:\n    p: 0.5\n");
}

} // namespace
} // namespace tacit::config
