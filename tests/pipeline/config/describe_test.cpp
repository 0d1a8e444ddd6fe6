// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/config/describe.hpp"
#include "tests/message_of.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

namespace tacit::config {
namespace {

template <class... Words>
concept MakesKey = std::is_constructible_v<Key, Words...>;

static_assert(!MakesKey<const char*>);
static_assert(!MakesKey<std::string>);

/// A section whose keys depend on choices, as the sections of Tacit do.
void read_optimizer(const Section& root) {
    const Section optim = root.section("optim");
    optim.about("how parameters move");
    const std::string name = optim.choice({"name", "the optimiser"}, "sgd", {"sgd", "lars", "adam"});
    optim.number({"lr", "peak learning rate"}, 0.5, {0, 10});
    if (name != "adam") {
        optim.flag({"nesterov", "looks ahead"}, name == "sgd");
    }
    if (name == "lars") {
        optim.integers({"layers", "that are scaled", "layers"}, {1, 2}, {.min = 0});
        if (optim.choice({"variant", "which one"}, "paper", {"paper", "clipped"}) == "clipped") {
            optim.number({"clip", "largest rate"}, 1);
        }
    }
    optim.may_be("momentum", "{}");
    if (optim.is_mapping("momentum")) {
        optim.section("momentum").about("share that is kept");
        optim.section("momentum").number({"from", "at the start"}, 0.9);
    } else {
        optim.number({"momentum", "share that is kept"}, 0.9);
    }
    optim.may_be("views", "[{}]");
    for (const Section& view : optim.sections({"views", "all of them"})) {
        view.integer({"size", "side", "pixels", "that of the image"}, 32);
    }
    if (name == "adam") {
        optim.fail("betas", "is needed");
    }
    optim.text({"note", "behind what may fail"}, "");
}

const std::vector<KeyDescription>& described() {
    static const std::vector<KeyDescription> keys = describe("optim", read_optimizer, {});
    return keys;
}

KeyDescription key(const std::string& path) {
    const auto found = std::find_if(described().begin(), described().end(),
                                    [&](const KeyDescription& d) { return d.info.path == path; });
    EXPECT_NE(found, described().end()) << path;
    return found == described().end() ? KeyDescription{} : *found;
}

TEST(Describe, FindsTheKeysOfEveryChoiceInTheOrderOfTheirReading) {
    std::vector<std::string> paths;
    for (const KeyDescription& description : described()) {
        paths.push_back(description.info.path);
    }
    EXPECT_EQ(paths,
              (std::vector<std::string>{"optim", "optim.name", "optim.lr", "optim.nesterov", "optim.layers",
                                        "optim.variant", "optim.clip", "optim.momentum", "optim.momentum",
                                        "optim.momentum.from", "optim.views", "optim.views[].size", "optim.note"}));
}

TEST(Describe, SaysTypeRangeUnitAndDefault) {
    EXPECT_EQ(key("optim").info.meaning, "how parameters move");
    EXPECT_EQ(key("optim.lr").info.meaning, "peak learning rate");
    EXPECT_EQ(key("optim.lr").info.values, "number in [0, 10]");
    EXPECT_EQ(key("optim.lr").info.usual, "0.5");
    EXPECT_EQ(key("optim.layers").info.values, "list of integers >= 0");
    EXPECT_EQ(key("optim.layers").info.unit, "layers");
    EXPECT_EQ(key("optim.layers").info.usual, "[1, 2]");
    EXPECT_EQ(key("optim.name").info.choices, (std::vector<std::string>{"sgd", "lars", "adam"}));
    EXPECT_EQ(key("optim.views[].size").info.usual, "that of the image");
}

TEST(Describe, SaysWhichChoiceAKeyDependsOn) {
    EXPECT_TRUE(key("optim.lr").when.empty());
    const std::vector<Condition> layers = key("optim.layers").when;
    ASSERT_EQ(layers.size(), 1U);
    EXPECT_EQ(layers[0].key, "optim.name");
    EXPECT_EQ(layers[0].words, (std::vector<std::string>{"lars"}));
    const KeyDescription nesterov = key("optim.nesterov");
    const std::vector<Condition> clip = key("optim.clip").when; // of a choice that another one opens
    ASSERT_EQ(clip.size(), 2U);
    EXPECT_EQ(clip[0].words, (std::vector<std::string>{"lars"}));
    EXPECT_EQ(clip[1].words, (std::vector<std::string>{"clipped"}));
    ASSERT_EQ(nesterov.when.size(), 1U);
    EXPECT_EQ(nesterov.when[0].words, (std::vector<std::string>{"sgd", "lars"}));
    EXPECT_EQ(nesterov.info.usual, "true");
    ASSERT_EQ(nesterov.defaults.size(), 1U);
    EXPECT_EQ(nesterov.defaults[0].first.words, (std::vector<std::string>{"lars"}));
    EXPECT_EQ(nesterov.defaults[0].second, "false");
}

TEST(Describe, AnUnknownKeyIsToldTheMeaningOfTheNearest) {
    Document document = Document::from_text("optim:\n  nestrov: true\n", "c.yaml");
    read_optimizer(document.root());
    EXPECT_EQ(message_of<ConfigError>([&] { document.finish(); }),
              "c.yaml:2: unknown or unused key 'nestrov'; did you mean 'nesterov'? (one of: name, lr, nesterov, "
              "momentum, note) in section 'optim'; optim.nesterov: looks ahead");
}

TEST(Describe, DescribingChangesNeitherValuesNorBytes) {
    Document plain = Document::from_text("optim: {name: lars, lr: 3}\n", "c.yaml");
    read_optimizer(plain.root());
    EXPECT_EQ(plain.resolved_yaml(),
              "optim:\n  name: lars\n  lr: 3\n  nesterov: false\n  layers: [1, 2]\n  variant: paper\n  momentum: "
              "0.9\n  note: \"\"\n");
}

} // namespace
} // namespace tacit::config
