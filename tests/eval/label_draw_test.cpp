// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/label_draw.hpp"
#include "pipeline/base/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tacit::eval {
namespace {

/// 100 samples: every tenth unlabelled, the others of classes 0, 1, 2 in turn.
std::vector<std::int32_t> some_labels() {
    std::vector<std::int32_t> labels;
    for (int i = 0; i < 100; ++i) {
        labels.push_back(i % 10 == 9 ? -1 : i % 3);
    }
    return labels;
}

std::vector<std::int64_t> draw(const std::vector<std::int32_t>& labels, std::int64_t per_class, std::uint64_t seed,
                               std::int64_t number) {
    return draw_labels(labels, equal_counts(labels, per_class), seed, number);
}

TEST(LabelDraw, TakesTheSameNumberOfEveryClassAndNoUnlabelledSample) {
    const auto labels = some_labels();
    std::vector<int> counts(3);
    for (const auto sample : draw(labels, 5, 1, 0)) {
        ++counts.at(static_cast<std::size_t>(labels[static_cast<std::size_t>(sample)]));
    }
    EXPECT_EQ(counts, (std::vector<int>{5, 5, 5}));
}

TEST(LabelDraw, IsAFunctionOfSeedAndDraw) {
    const auto labels = some_labels();
    EXPECT_EQ(draw(labels, 5, 1, 2), draw(labels, 5, 1, 2));
    EXPECT_NE(draw(labels, 5, 1, 2), draw(labels, 5, 2, 2));
}

TEST(LabelDraw, DrawsOfOneSeedAreDisjointWhileSamplesLast) {
    const auto labels = some_labels();
    std::set<std::int64_t> seen;
    std::size_t drawn = 0;
    for (int number = 0; number < 5; ++number) {
        const auto samples = draw(labels, 5, 1, number);
        seen.insert(samples.begin(), samples.end());
        drawn += samples.size();
    }
    EXPECT_EQ(drawn, 75U);
    EXPECT_EQ(seen.size(), drawn);
}

TEST(LabelDraw, StartsOverInANewOrderWhenSamplesRunOut) {
    const std::vector<std::int32_t> labels(10, 0);
    EXPECT_NE(draw(labels, 4, 1, 0), draw(labels, 4, 1, 2));
    EXPECT_EQ(draw(labels, 4, 1, 2).size(), 4U);
}

TEST(LabelDraw, NamesTheClassThatIsTooSmall) {
    try {
        equal_counts({0, 0, 0, 1}, 2);
        FAIL() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_NE(std::string(error.what()).find("class 1 has 1"), std::string::npos) << error.what();
    }
}

TEST(LabelDraw, RefusesASplitWithoutLabels) {
    EXPECT_THROW(proportional_counts({-1, -1}, 0.5), DataError);
}

TEST(LabelDraw, AClassNumberThatNoSampleHasIsNoClass) {
    const std::vector<std::int32_t> labels = {1, 2, 3, 1, 2, 3}; // classes counted from 1
    EXPECT_EQ(equal_counts(labels, 2), (std::vector<std::int64_t>{0, 2, 2, 2}));
    EXPECT_EQ(proportional_counts(labels, 0.5), (std::vector<std::int64_t>{0, 1, 1, 1}));
    EXPECT_EQ(draw_labels(labels, {0, 2, 2, 2}, 1, 0), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST(LabelDraw, AShareIsThatOfEveryClassAndAtLeastOne) {
    std::vector<std::int32_t> labels(40, 0);
    labels.resize(55, 1);
    labels.resize(60, 2);
    labels.resize(70, -1);
    EXPECT_EQ(proportional_counts(labels, 0.3), (std::vector<std::int64_t>{12, 5, 2}));
    EXPECT_EQ(proportional_counts(labels, 0.5), (std::vector<std::int64_t>{20, 8, 3}));
    EXPECT_EQ(proportional_counts(labels, 1), (std::vector<std::int64_t>{40, 15, 5}));
    EXPECT_EQ(proportional_counts(labels, 0.05), (std::vector<std::int64_t>{2, 1, 1}));
    for (const std::int64_t number : {0, 1, 2}) {
        EXPECT_EQ(draw_labels(labels, proportional_counts(labels, 1), 1, number).size(), 60U);
    }
}

TEST(HoldOut, SplitsEveryClassInTheGivenShare) {
    const auto labels = some_labels();
    const auto samples = draw(labels, 10, 1, 0);
    const auto [kept, held] = hold_out(samples, labels, 0.2, 1);
    std::vector<int> counts(3);
    for (const auto sample : held) {
        ++counts.at(static_cast<std::size_t>(labels[static_cast<std::size_t>(sample)]));
    }
    EXPECT_EQ(counts, (std::vector<int>{2, 2, 2}));
    std::vector<std::int64_t> together(kept);
    together.insert(together.end(), held.begin(), held.end());
    std::sort(together.begin(), together.end());
    EXPECT_EQ(together, samples);
}

TEST(HoldOut, NeverTakesTheLastSampleOfAClass) {
    const auto [kept, held] = hold_out({0, 1, 2}, {0, 1, 1}, 0.5, 1);
    EXPECT_EQ(kept.size(), 2U);
    EXPECT_EQ(held.size(), 1U);
}

} // namespace
} // namespace tacit::eval
