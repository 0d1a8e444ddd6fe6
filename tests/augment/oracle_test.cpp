// SPDX-License-Identifier: Apache-2.0
// Compares the pixel functions with torchvision 0.26 (tests/oracle/augment_fixtures.py).
#include "augment/geometry/orientation.hpp"
#include "augment/geometry/warp.hpp"
#include "augment/resample/blur.hpp"
#include "augment/resample/resample.hpp"
#include "oracle_cases.hpp"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <string>

namespace tacit::augment {
namespace {

TestImage resized_crop(const OracleCase<std::uint8_t>& test, Interpolation interpolation) {
    ResampleScratch scratch;
    TestImage out(test.output.shape.height, test.output.shape.width, test.output.shape.channels);
    crop_resize(test.input.view(), {test.whole(0), test.whole(1), test.whole(2), test.whole(3)}, interpolation, {},
                out.edit(), scratch);
    return out;
}

TestImage oriented(const OracleCase<std::uint8_t>& test, Orientation orientation) {
    TestImage out(test.output.shape.height, test.output.shape.width, test.output.shape.channels);
    orient(test.input.view(), orientation, out.edit());
    return out;
}

TestImage warped(const OracleCase<std::uint8_t>& test) {
    const auto amount = [&](std::size_t i) { return test.params.at(i); };
    const Affine affine{amount(0), amount(1), amount(2), amount(3), amount(4), amount(5)};
    std::vector<std::uint8_t> fill;
    std::transform(test.params.begin() + 6, test.params.end(), std::back_inserter(fill),
                   [](double level) { return static_cast<std::uint8_t>(level); });
    TestImage out(test.output.shape.height, test.output.shape.width, test.output.shape.channels);
    const bool bilinear = test.name.ends_with("_bilinear");
    warp(test.input.view(), affine, bilinear ? Sampling::bilinear : Sampling::nearest, fill, out.edit());
    return out;
}

TestImage by_recipe(const OracleCase<std::uint8_t>& test, std::vector<OpSpec> ops) {
    const Recipe recipe(one_view(test.whole(0), std::move(ops)), test.input.shape.channels);
    TestImage out(test.whole(0), test.whole(0), test.input.shape.channels);
    out.pixels = run(recipe, test.input.view(), {}).pixels[0];
    return out;
}

TestImage run_case(const OracleCase<std::uint8_t>& test) {
    TestImage out = test.input;
    if (test.name == "resized_crop") {
        return resized_crop(test, Interpolation::bilinear);
    }
    if (test.name == "resized_crop_bicubic") {
        return resized_crop(test, Interpolation::bicubic);
    }
    if (const std::vector<ColorStep> steps = color_steps(test.name, test.params); !steps.empty()) {
        return colored(test.input, steps);
    }
    if (test.name.starts_with("rotation") || test.name.starts_with("affine")) {
        return warped(test);
    }
    if (test.name == "gaussian_blur") {
        BlurScratch scratch;
        gaussian_blur(out.edit(), test.whole(0), test.params.at(1), scratch);
    } else if (test.name == "horizontal_flip") {
        return oriented(test, Orientation::mirrored({.horizontal = true}));
    } else if (test.name == "vertical_flip") {
        return oriented(test, Orientation::mirrored({.vertical = true}));
    } else if (test.name == "rot90") {
        return oriented(test, Orientation::quarter_turns(test.whole(0)));
    } else if (test.name == "center_crop") {
        return by_recipe(test, {{"center_crop", 1.0, {}}});
    } else if (test.name == "short_side_centre") {
        return by_recipe(test, {{"resize_short_side", 1.0, {}}, {"center_crop", 1.0, {}}});
    } else {
        ADD_FAILURE() << "unknown case " << test.name;
    }
    return out;
}

struct Parity {
    int cases = 0;
    int largest = 0;
    double equal = 0.0;
    double values = 0.0;
    double share() const { return equal / values; }
};

std::map<std::string, Parity> measure_parity() {
    std::map<std::string, Parity> table;
    for (const OracleCase<std::uint8_t>& test : read_cases<std::uint8_t>("cases.bin")) {
        const TestImage made = run_case(test);
        EXPECT_EQ(made.shape, test.output.shape) << test.name;
        Parity& parity = table[test.name];
        ++parity.cases;
        for (std::size_t i = 0; i < std::min(made.pixels.size(), test.output.pixels.size()); ++i) {
            const int difference = std::abs(made.pixels[i] - test.output.pixels[i]);
            parity.largest = std::max(parity.largest, difference);
            parity.equal += difference == 0 ? 1 : 0;
            parity.values += 1;
        }
    }
    return table;
}

TEST(TorchvisionParity, EveryOperationIsWithinOneLevelAndNinetyNinePercentEqual) {
    const std::map<std::string, Parity> table = measure_parity();
    ASSERT_EQ(table.size(), 27U);
    for (const auto& [name, parity] : table) {
        std::printf("  %-20s %2d cases, %7.0f values: largest difference %d, equal %.4f %%\n", name.c_str(),
                    parity.cases, parity.values, parity.largest, 100 * parity.share());
        EXPECT_LE(parity.largest, 1) << name;
        EXPECT_GE(parity.share(), 0.99) << name;
    }
}

TEST(TorchvisionParity, IntegerOperationsAreEqual) {
    const std::map<std::string, Parity> table = measure_parity();
    for (const char* name : {"resized_crop", "resized_crop_bicubic", "short_side_centre", "center_crop",
                             "horizontal_flip", "vertical_flip", "rot90", "solarize", "invert", "posterize", "equalize",
                             "auto_contrast", "channel_shuffle"}) {
        ASSERT_TRUE(table.count(name) == 1) << name;
        EXPECT_EQ(table.at(name).largest, 0) << name;
    }
}

/// Largest and mean difference between the two colour modes over the oracle's jitters, of which `keep` are left.
std::pair<int, double> fast_difference(std::size_t keep) {
    double sum = 0.0;
    double values = 0.0;
    int largest = 0;
    for (const OracleCase<std::uint8_t>& test : read_cases<std::uint8_t>("cases.bin")) {
        std::vector<ColorStep> steps = color_steps(test.name, test.params);
        if (test.name != "color_jitter") {
            continue;
        }
        steps.erase(
            std::remove_if(steps.begin(), steps.end(), [keep](const ColorStep& step) { return step.index() >= keep; }),
            steps.end());
        const TestImage exact = colored(test.input, steps);
        const TestImage fast = colored(test.input, steps, ColorMode::fast);
        for (std::size_t i = 0; i < exact.pixels.size(); ++i) {
            const int difference = std::abs(exact.pixels[i] - fast.pixels[i]);
            largest = std::max(largest, difference);
            sum += difference;
        }
        values += static_cast<double>(exact.pixels.size());
    }
    std::printf("  fast jitter of %zu adjustments: largest difference %d, mean %.2f\n", keep, largest, sum / values);
    return {largest, sum / values};
}

// The figures that ColorChain documents.
TEST(FastJitter, IsNearTheExactOneButForTheHue) {
    const auto [largest, mean] = fast_difference(3);
    EXPECT_LE(largest, 52);
    EXPECT_LE(mean, 2.8);
    const auto [largest_with_hue, mean_with_hue] = fast_difference(4);
    EXPECT_LE(largest_with_hue, 216);
    EXPECT_LE(mean_with_hue, 16.0);
}

} // namespace
} // namespace tacit::augment
