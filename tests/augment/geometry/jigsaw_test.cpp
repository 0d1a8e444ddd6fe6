// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/permutations.hpp"
#include "tests/augment/test_images.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <set>

namespace tacit::augment {
namespace {

int hamming(const Permutation& a, const Permutation& b) {
    int distance = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        distance += a[i] != b[i] ? 1 : 0;
    }
    return distance;
}

/// The greedy choice by looking at every permutation: what permutation_set() must be.
std::vector<Permutation> exhaustive_set(int tiles, int count) {
    Permutation candidate(static_cast<std::size_t>(tiles));
    std::iota(candidate.begin(), candidate.end(), 0);
    std::vector<Permutation> all;
    do {
        all.push_back(candidate);
    } while (std::next_permutation(candidate.begin(), candidate.end()));
    std::vector<Permutation> set{all.front()};
    std::vector<int> sums(all.size(), 0);
    while (static_cast<int>(set.size()) < count) {
        std::size_t best = all.size();
        for (std::size_t i = 0; i < all.size(); ++i) {
            sums[i] += hamming(all[i], set.back());
            const bool chosen = std::find(set.begin(), set.end(), all[i]) != set.end();
            if (!chosen && (best == all.size() || sums[i] > sums[best])) {
                best = i;
            }
        }
        set.push_back(all[best]);
    }
    return set;
}

TEST(Permutations, AreTheFarthestOfAll) {
    EXPECT_EQ(permutation_set(4, 24), exhaustive_set(4, 24));
    EXPECT_EQ(permutation_set(5, 60), exhaustive_set(5, 60));
    EXPECT_EQ(permutation_set(6, 40), exhaustive_set(6, 40));
}

TEST(Permutations, OfNineTilesAreDifferentAndFarApart) {
    for (const int count : {24, 100, 1000}) {
        const std::vector<Permutation> set = permutation_set(9, count);
        EXPECT_EQ(std::set<Permutation>(set.begin(), set.end()).size(), static_cast<std::size_t>(count));
        double sum = 0.0;
        for (std::size_t i = 0; i < set.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                sum += hamming(set[i], set[j]);
            }
        }
        const double mean = sum / (0.5 * count * (count - 1));
        EXPECT_GE(mean, 7.99) << count; // Noroozi & Favaro 2016, table 4: 8.00 at 1000
    }
}

TEST(Permutations, AreReadBackAsWritten) {
    const std::vector<Permutation> set = permutation_set(9, 100);
    EXPECT_EQ(parse_permutations(permutations_text(set), "set"), set);
}

TEST(Permutations, DamageIsNamed) {
    for (const char* text : {"", "\n", "0 1 2 x\n", "0 1 1\n", "1 2 3\n", "0 1 2\n0 1\n", "0 1\n0 1\n", "0 -1\n",
                             "0 1 2 3 4 5 6 7 8 9\n", "99999999999999999999\n"}) {
        try {
            parse_permutations(text, "set");
            ADD_FAILURE() << text;
        } catch (const DataError& error) {
            EXPECT_EQ(std::string(error.what()).rfind("set:", 0), 0U) << error.what();
        }
    }
}

/// An image whose pixels say in which of grid x grid cells they lie.
TestImage cells(int side, int grid) {
    TestImage image(side, side, 1);
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            image.at(y, x) = static_cast<std::uint8_t>(y * grid / side * grid + x * grid / side);
        }
    }
    return image;
}

RC_GTEST_PROP(Jigsaw, PutsTheTilesWhereThePermutationSays, ()) {
    const int grid = *rc::gen::inRange(2, 4);
    const int tile = *rc::gen::inRange(1, 12);
    const int gap = *rc::gen::inRange(0, 5);
    const int cell = tile + gap + *rc::gen::inRange(0, 6);
    const int count = grid == 2 ? 24 : 100;
    const OpSpec op{"jigsaw",
                    1.0,
                    {{"grid", {static_cast<double>(grid)}},
                     {"gap", {static_cast<double>(gap)}},
                     {"jitter", {*rc::gen::arbitrary<bool>() ? 1.0 : 0.0}},
                     {"permutations", {static_cast<double>(count)}}}};
    const Recipe recipe(one_view(grid * tile, {op}), 1);
    const SampleOutputs outputs =
        run(recipe, cells(grid * cell, grid).view(), {*rc::gen::arbitrary<std::uint64_t>(), 0, 0});
    const Permutation order = permutation_set(grid * grid, count).at(static_cast<std::size_t>(outputs.permutations[0]));
    for (int y = 0; y < grid * tile; ++y) {
        for (int x = 0; x < grid * tile; ++x) {
            const int place = y / tile * grid + x / tile;
            RC_ASSERT(outputs.pixels[0][static_cast<std::size_t>(y * grid * tile + x)] ==
                      order[static_cast<std::size_t>(place)]);
        }
    }
}

TEST(Jigsaw, DrawsAllPermutationsEquallyOften) {
    const Recipe recipe(one_view(4, {{"jigsaw", 1.0, {{"grid", {2}}}}}), 1);
    const TestImage image(6, 6, 1);
    Workspace workspace;
    std::vector<int> counts(24, 0);
    constexpr int kSamples = 24000;
    for (std::uint64_t sample = 0; sample < kSamples; ++sample) {
        ++counts.at(static_cast<std::size_t>(run(recipe, image.view(), {1, 0, sample}, workspace).permutations[0]));
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, 1000, 155);
    }
}

TEST(Jigsaw, GapsKeepNeighbouringTilesApart) {
    // Column numbers as levels: tiles that were neighbours begin at least tile + gap columns apart.
    TestImage image(40, 40, 1);
    for (int y = 0; y < 40; ++y) {
        for (int x = 0; x < 40; ++x) {
            image.at(y, x) = static_cast<std::uint8_t>(x);
        }
    }
    const Recipe recipe(one_view(24, {{"jigsaw", 1.0, {{"grid", {2}}, {"gap", {5}}}}}), 1);
    const std::vector<Permutation> set = permutation_set(4, 24);
    std::set<int> distances;
    for (std::uint64_t sample = 0; sample < 300; ++sample) {
        const SampleOutputs outputs = run(recipe, image.view(), {1, 0, sample});
        std::array<int, 4> begin{};
        for (std::size_t place = 0; place < 4; ++place) {
            const std::size_t corner = place / 2 * 12 * 24 + place % 2 * 12;
            const int tile = set[static_cast<std::size_t>(outputs.permutations[0])][place];
            begin.at(static_cast<std::size_t>(tile)) = outputs.pixels[0][corner];
        }
        distances.insert(begin[1] - begin[0]);
    }
    EXPECT_EQ(*distances.begin(), 17);
    EXPECT_EQ(*distances.rbegin(), 23);
}

TEST(Jigsaw, NormalizedTilesHaveOneMeanAndDeviation) {
    const Recipe recipe(one_view(48, {{"jigsaw", 1.0, {{"grid", {2}}, {"normalize", {1}}}}}), 3);
    TestImage image = random_image(64, 64, 3);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) { // of other levels and contrast everywhere
        image.pixels[i] = static_cast<std::uint8_t>(image.pixels[i] % (20 + i / 200) + i / 200);
    }
    const SampleOutputs outputs = run(recipe, image.view(), {});
    for (int place = 0; place < 4; ++place) {
        double sum = 0.0;
        double squares = 0.0;
        for (int y = 0; y < 24; ++y) {
            for (int x = 0; x < 24; ++x) {
                const int pixel = (place / 2 * 24 + y) * 48 + place % 2 * 24 + x;
                const double value = outputs.pixels[0][static_cast<std::size_t>(pixel * 3)];
                sum += value;
                squares += value * value;
            }
        }
        const double mean = sum / 576;
        EXPECT_NEAR(mean, 128, 1.5);
        EXPECT_NEAR(std::sqrt(squares / 576 - mean * mean), 51, 1.5);
    }
}

TEST(Jigsaw, AnImageTooSmallForItsTilesIsRefusedWithAnAnswer) {
    const Recipe recipe(one_view(24, {{"jigsaw", 1.0, {{"gap", {2}}}}}), 1);
    EXPECT_NO_THROW(run(recipe, TestImage(28, 28, 1).view(), {}));
    EXPECT_THROW(run(recipe, TestImage(27, 40, 1).view(), {}), DataError);
}

} // namespace
} // namespace tacit::augment
