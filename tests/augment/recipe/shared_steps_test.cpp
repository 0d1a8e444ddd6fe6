// SPDX-License-Identifier: Apache-2.0
// Neighbouring views of one draw have the operations that they begin with carried out once.
#include "tests/augment/test_images.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace tacit::augment {
namespace {

/// Three views of one draw and one of another; the first two share three operations, all three share two.
RecipeSpec four_views(double p) {
    const OpSpec crop{"random_resized_crop", p, {}};
    const OpSpec fit{"resize", 1.0, {}};
    const OpSpec flip{"horizontal_flip", 0.5, {}};
    const OpSpec noise{"gaussian_noise", 1.0, {}};
    const OpSpec turn{"rotate90", 1.0, {}};
    return {"test",
            24,
            {{{crop, fit, flip, noise}, 3}, {{crop, fit, flip, turn}, 3}, {{crop, fit, turn}, 3}, {{crop, fit}, 0}}};
}

template <class Image> void expect_views_as_if_alone(const Image& image, double p) {
    const RecipeSpec spec = four_views(p);
    const Recipe together(spec, 3);
    for (std::uint64_t sample = 0; sample < 20; ++sample) {
        const auto made = run(together, image.view(), {1, 0, sample});
        for (std::size_t v = 0; v < spec.views.size(); ++v) {
            const auto alone = run(Recipe({"test", 24, {spec.views[v]}}, 3), image.view(), {1, 0, sample});
            ASSERT_EQ(made.pixels[v], alone.pixels[0]) << "view " << v << " of sample " << sample;
            ASSERT_EQ(made.rotations[v], alone.rotations[0]);
        }
    }
}

TEST(SharedSteps, MakeTheViewsThatEachMakesAlone) {
    const TestImage image = random_image(40, 37, 3);
    for (const double p : {1.0, 0.5, 0.0}) {
        expect_views_as_if_alone(image, p);
        expect_views_as_if_alone(floats_of(image), p);
    }
}

TEST(SharedSteps, TakeAWindowOfTheImage) {
    const TestImage image = random_image(64, 64, 3);
    RecipeSpec spec = four_views(1.0);
    spec.views.pop_back();
    const Recipe recipe(spec, 3);
    for (std::uint64_t sample = 0; sample < 20; ++sample) {
        const SampleKey key{1, 0, sample};
        const Box box = recipe.window(image.shape, key);
        TestImage part(box.height, box.width, 3);
        for (int y = 0; y < box.height; ++y) {
            const auto row = image.pixels.begin() + ((box.top + y) * 64 + box.left) * 3;
            std::copy_n(row, 3 * box.width, part.pixels.begin() + std::ptrdiff_t{3} * y * box.width);
        }
        const SampleOutputs whole = run(recipe, image.view(), key);
        Workspace workspace;
        EXPECT_EQ(run(recipe, ImageWindow(part.view(), image.shape, box.top, box.left), key, workspace), whole);
    }
}

} // namespace
} // namespace tacit::augment
