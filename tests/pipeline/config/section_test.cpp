// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/config/section.hpp"
#include "tests/message_of.hpp"

#include <gtest/gtest.h>
#include <ostream>
#include <stdexcept>

namespace tacit::config {
namespace {

Document document(const std::string& text) {
    return Document::from_text(text, "c.yaml");
}

/// The message of the ConfigError that `read` throws on the root section of `text`.
template <class Read> std::string refusal(const std::string& text, const Read& read) {
    return message_of<ConfigError>([&] {
        Document config = document(text);
        read(config.root());
    });
}

TEST(Section, ReadsEveryType) {
    Document config =
        document("i: 3\nn: 1e-4\nf: true\nt: some words\nc: sgd\nis: [1, 2]\nns: [0.5, 2]\nts: [a, 'b c']\n");
    const Section root = config.root();
    EXPECT_EQ(root.integer({"i", "of a test"}, 0), 3);
    EXPECT_EQ(root.number({"n", "of a test"}, 0), 1e-4);
    EXPECT_TRUE(root.flag({"f", "of a test"}, false));
    EXPECT_EQ(root.text({"t", "of a test"}, ""), "some words");
    EXPECT_EQ(root.choice({"c", "of a test"}, "adamw", {"adamw", "sgd"}), "sgd");
    EXPECT_EQ(root.integers({"is", "of a test"}, {}), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(root.numbers({"ns", "of a test"}, {}), (std::vector<double>{0.5, 2}));
    EXPECT_EQ(root.texts({"ts", "of a test"}, {}), (std::vector<std::string>{"a", "b c"}));
    EXPECT_NO_THROW(config.finish());
}

TEST(Section, TakesDefaultsForAbsentKeys) {
    Document config = document("");
    const Section optim = config.root().section("optim");
    EXPECT_EQ(optim.integer({"i", "of a test"}, 3), 3);
    EXPECT_EQ(optim.number({"n", "of a test"}, 0.1), 0.1);
    EXPECT_TRUE(optim.flag({"f", "of a test"}, true));
    EXPECT_EQ(optim.text({"t", "of a test"}, "x"), "x");
    EXPECT_EQ(optim.numbers({"ns", "of a test"}, {1, 2}), (std::vector<double>{1, 2}));
    EXPECT_FALSE(optim.has("i"));
    EXPECT_NO_THROW(config.finish());
}

TEST(Section, ReadsListsOfMappings) {
    Document config = document("a:\n  - x: 1\n  - y: {z: [1, 2]}\n    x: 2\n  - {}\n");
    const std::vector<Section> entries = config.root().sections({"a", "of a test"});
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].integer({"x", "of a test"}, 0), 1);
    EXPECT_EQ(entries[1].section("y").integers({"z", "of a test"}, {}), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(entries[1].integer({"x", "of a test"}, 0), 2);
    EXPECT_EQ(entries[2].integer({"x", "of a test"}, 7), 7);
    EXPECT_NO_THROW(config.finish());
    EXPECT_EQ(config.resolved_yaml(), "a:\n  - x: 1\n  - y:\n      z: [1, 2]\n    x: 2\n  - x: 7\n");
    EXPECT_TRUE(config.root().sections({"absent", "of a test"}).empty());
}

TEST(Section, NamesUnusedKeysInsideLists) {
    Document config = document("a:\n  - x: 1\n  - x: 1\n    w: 2\n");
    for (const Section& entry : config.root().sections({"a", "of a test"})) {
        entry.integer({"x", "of a test"}, 0);
    }
    try {
        config.finish();
        FAIL() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_EQ(std::string(error.what()).rfind("c.yaml:4: ", 0), 0U) << error.what();
        EXPECT_NE(std::string(error.what()).find("in section 'a.1'"), std::string::npos) << error.what();
    }
}

TEST(Section, KeepsNumbersExactly) {
    Document config = document("a: 0.1234567890123456789\nb: 9007199254740993\nc: +2.5e3\n");
    EXPECT_EQ(config.root().number({"a", "of a test"}, 0), 0.1234567890123456789);
    EXPECT_EQ(config.root().integer({"b", "of a test"}, 0), 9007199254740993);
    EXPECT_EQ(config.root().number({"c", "of a test"}, 0), 2500);
}

TEST(Section, ASingleValueReadsAsAListOfOne) {
    Document config = document("k: 4\n");
    EXPECT_EQ(config.root().integers({"k", "of a test"}, {}), (std::vector<std::int64_t>{4}));
}

TEST(Section, ReadingTwiceGivesTheSameValue) {
    Document config = document("a: 1\n");
    EXPECT_EQ(config.root().integer({"a", "of a test"}, 0), config.root().integer({"a", "of a test"}, 7));
    EXPECT_EQ(config.root().integer({"b", "of a test"}, 5), 5);
    EXPECT_EQ(config.root().integer({"b", "of a test"}, 6), 5);
}

TEST(Section, ADefaultThatIsNotAllowedIsABug) {
    Document config = document("");
    EXPECT_THROW(config.root().integer({"a", "of a test"}, -1, {0, 10}), std::logic_error);
    EXPECT_THROW(config.root().choice({"b", "of a test"}, "x", {"y"}), std::logic_error);
}

TEST(Section, ListsItsKeysInFileOrder) {
    Document config = document("s:\n  b: 1\n  a: 2\n");
    EXPECT_EQ(config.root().section("s").keys(), (std::vector<std::string>{"b", "a"}));
    EXPECT_TRUE(config.root().section("s").has("a"));
    EXPECT_TRUE(config.root().section("none").keys().empty());
}

struct BadValue {
    std::string name;
    std::string text;
    void (*read)(const Section&);
    std::string message;
};

void PrintTo(const BadValue& value, std::ostream* stream) {
    *stream << value.name;
}

class BadValues : public ::testing::TestWithParam<BadValue> {};

TEST_P(BadValues, AreNamedWithFileLineKeyAndRemedy) {
    EXPECT_EQ(refusal(GetParam().text, GetParam().read), GetParam().message);
}

void read_lr(const Section& root) {
    root.section("optim").number({"lr", "of a test"}, 1, {0, 10});
}
void read_epochs(const Section& root) {
    root.integer({"epochs", "of a test"}, 5, {.min = 1});
}
void read_name(const Section& root) {
    root.choice({"name", "of a test"}, "sgd", {"sgd", "adamw"});
}
void read_betas(const Section& root) {
    root.numbers({"betas", "of a test"}, {0.9}, {0, 1});
}
void read_flag(const Section& root) {
    root.flag({"nesterov", "of a test"}, true);
}
void read_text(const Section& root) {
    root.text({"run", "of a test"}, "x");
}
void read_texts(const Section& root) {
    root.texts({"runs", "of a test"}, {});
}
void read_path(const Section& root) {
    root.section("data").required_text({"path", "of a test"});
}

INSTANTIATE_TEST_SUITE_P(
    EachReader, BadValues,
    ::testing::Values(
        BadValue{"NumberWord", "optim:\n  lr: fast\n", read_lr,
                 "c.yaml:2: optim.lr: expected a finite number in [0, 10], got 'fast'"},
        BadValue{"NumberRange", "optim: {lr: 11}\n", read_lr,
                 "c.yaml:1: optim.lr: expected a finite number in [0, 10], got '11'"},
        BadValue{"NumberNan", "optim:\n\n  lr: .nan\n", read_lr,
                 "c.yaml:3: optim.lr: expected a finite number in [0, 10], got '.nan'"},
        BadValue{"NumberPlainNan", "optim: {lr: nan}\n", read_lr,
                 "c.yaml:1: optim.lr: expected a finite number in [0, 10], got 'nan'"},
        BadValue{"NumberInf", "optim: {lr: inf}\n", read_lr,
                 "c.yaml:1: optim.lr: expected a finite number in [0, 10], got 'inf'"},
        BadValue{"NumberOverflow", "optim: {lr: 1e999}\n", read_lr,
                 "c.yaml:1: optim.lr: expected a finite number in [0, 10], got '1e999'"},
        BadValue{"NumberQuoted", "optim: {lr: '1'}\n", read_lr,
                 "c.yaml:1: optim.lr: expected a finite number in [0, 10], got the text '1'"},
        BadValue{"NumberList", "optim: {lr: [1]}\n", read_lr,
                 "c.yaml:1: optim.lr: expected a finite number in [0, 10], got a list"},
        BadValue{"NumberMapping", "optim: {lr: {a: 1}}\n", read_lr,
                 "c.yaml:1: optim.lr: expected a finite number in [0, 10], got a mapping"},
        BadValue{"NumberNothing", "optim:\n  lr:\n", read_lr,
                 "c.yaml:2: optim.lr: has no value; write one, or remove the key to take the default"},
        BadValue{"SectionScalar", "optim: 3\n", read_lr, "c.yaml:1: optim: expected a mapping, got '3'"},
        BadValue{"IntegerFraction", "epochs: 1.5\n", read_epochs,
                 "c.yaml:1: epochs: expected an integer >= 1, got '1.5'"},
        BadValue{"IntegerRange", "epochs: 0\n", read_epochs, "c.yaml:1: epochs: expected an integer >= 1, got '0'"},
        BadValue{"IntegerOverflow", "epochs: 99999999999999999999\n", read_epochs,
                 "c.yaml:1: epochs: expected an integer >= 1, got '99999999999999999999'"},
        BadValue{"Choice", "name: adam\n", read_name,
                 "c.yaml:1: name: unknown word 'adam'; did you mean 'adamw'? (one of: sgd, adamw)"},
        BadValue{"Numbers", "betas: [0.9, 2]\n", read_betas,
                 "c.yaml:1: betas: entry 2: expected a finite number in [0, 1], got '2'"},
        BadValue{"NumbersWord", "betas: high\n", read_betas,
                 "c.yaml:1: betas: expected a finite number in [0, 1] or a list of them, got 'high'"},
        BadValue{"Flag", "nesterov: yes\n", read_flag, "c.yaml:1: nesterov: expected true or false, got 'yes'"},
        BadValue{"Text", "run: [a]\n", read_text, "c.yaml:1: run: expected text, got a list"},
        BadValue{"Texts", "runs: [a, [b]]\n", read_texts, "c.yaml:1: runs: entry 2: expected text, got a list"},
        BadValue{"Required", "data:\n  train: x\n", read_path,
                 "c.yaml:1: data.path: is required; give it in the config or with --set data.path=..."}),
    [](const auto& test) { return test.param.name; });

TEST(Section, FailNamesThePlaceOfTheKey) {
    Document config = document("a:\n  b:\n    c: 1\n");
    try {
        config.root().section("a").section("b").fail("c", "does not fit");
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(), "c.yaml:3: a.b.c: does not fit");
        EXPECT_EQ(error.code(), ExitCode::usage);
    }
}

} // namespace
} // namespace tacit::config
