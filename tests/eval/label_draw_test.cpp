// SPDX-License-Identifier: Apache-2.0
#include "eval/label_draw.hpp"
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

TEST(LabelDraw, TakesTheSameNumberOfEveryClassAndNoUnlabelledSample) {
    const auto labels = some_labels();
    std::vector<int> counts(3);
    for (const auto sample : draw_labels(labels, 5, 1, 0)) {
        ++counts.at(static_cast<std::size_t>(labels[static_cast<std::size_t>(sample)]));
    }
    EXPECT_EQ(counts, (std::vector<int>{5, 5, 5}));
}

TEST(LabelDraw, IsAFunctionOfSeedAndDraw) {
    const auto labels = some_labels();
    EXPECT_EQ(draw_labels(labels, 5, 1, 2), draw_labels(labels, 5, 1, 2));
    EXPECT_NE(draw_labels(labels, 5, 1, 2), draw_labels(labels, 5, 2, 2));
}

TEST(LabelDraw, DrawsOfOneSeedAreDisjointWhileSamplesLast) {
    const auto labels = some_labels();
    std::set<std::int64_t> seen;
    std::size_t drawn = 0;
    for (int draw = 0; draw < 5; ++draw) {
        const auto samples = draw_labels(labels, 5, 1, draw);
        seen.insert(samples.begin(), samples.end());
        drawn += samples.size();
    }
    EXPECT_EQ(drawn, 75U);
    EXPECT_EQ(seen.size(), drawn);
}

TEST(LabelDraw, StartsOverInANewOrderWhenSamplesRunOut) {
    const std::vector<std::int32_t> labels(10, 0);
    EXPECT_NE(draw_labels(labels, 4, 1, 0), draw_labels(labels, 4, 1, 2));
    EXPECT_EQ(draw_labels(labels, 4, 1, 2).size(), 4U);
}

TEST(LabelDraw, NamesTheClassThatIsTooSmall) {
    try {
        draw_labels({0, 0, 0, 1}, 2, 1, 0);
        FAIL() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_NE(std::string(error.what()).find("class 1 has 1"), std::string::npos) << error.what();
    }
}

TEST(LabelDraw, RefusesASplitWithoutLabels) {
    EXPECT_THROW(draw_labels({-1, -1}, 1, 1, 0), DataError);
}

TEST(LabelDraw, AFractionCountsLabelledSamplesOnly) {
    EXPECT_EQ(labels_per_class(some_labels(), 0.1), 3); // 90 labelled, 3 classes
    EXPECT_EQ(labels_per_class(some_labels(), 1e-6), 1);
}

TEST(HoldOut, SplitsEveryClassInTheGivenShare) {
    const auto labels = some_labels();
    const auto samples = draw_labels(labels, 10, 1, 0);
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
