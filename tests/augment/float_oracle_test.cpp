// SPDX-License-Identifier: Apache-2.0
// Compares the pixel functions for floats with torchvision 0.26 (tests/oracle/augment_float_fixtures.py).
#include "augment/resample/blur.hpp"
#include "augment/resample/resample.hpp"
#include "oracle_cases.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>

namespace tacit::augment {
namespace {

using FloatCase = OracleCase<float>;

FloatTestImage run_case(const FloatCase& test) {
    FloatTestImage out = test.input;
    if (const std::vector<ColorStep> steps = color_steps(test.name, test.params); !steps.empty()) {
        return colored(test.input, steps);
    }
    if (test.name == "gaussian_blur") {
        FloatBlurScratch scratch;
        gaussian_blur(out.edit(), test.whole(0), test.params.at(1), scratch);
        return out;
    }
    out = FloatTestImage(test.output.shape.height, test.output.shape.width, test.output.shape.channels);
    const auto filter = test.name == "resized_crop_bicubic" ? Interpolation::bicubic : Interpolation::bilinear;
    FloatResampleScratch scratch;
    crop_resize(test.input.view(), {test.whole(0), test.whole(1), test.whole(2), test.whole(3)}, filter, {}, out.edit(),
                scratch);
    return out;
}

TEST(TorchvisionParity, FloatsAreEqualButForTheirRounding) {
    std::map<std::string, float> largest;
    for (const FloatCase& test : read_cases<float>("float_cases.bin")) {
        const FloatTestImage made = run_case(test);
        ASSERT_EQ(made.shape, test.output.shape) << test.name;
        float& difference = largest[test.name];
        for (std::size_t i = 0; i < made.pixels.size(); ++i) {
            difference = std::max(difference, std::abs(made.pixels[i] - test.output.pixels[i]));
        }
    }
    ASSERT_EQ(largest.size(), 14U);
    for (const auto& [name, difference] : largest) {
        std::printf("  %-20s largest difference %.2g of white\n", name.c_str(), static_cast<double>(difference));
        EXPECT_LE(difference, 2e-6F) << name;
    }
}

} // namespace
} // namespace tacit::augment
