// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/throughput.hpp"
#include "pipeline/base/error.hpp"
#include "tests/augment/test_images.hpp"

#include <gtest/gtest.h>

namespace tacit::augment {
namespace {

TEST(Throughput, MoreWorkMakesFewerViews) {
    const TestImage image = random_image(64, 64, 3);
    const std::vector<ImageView> sources{image.view()};
    const Recipe light(one_view(64, {}), 3);
    const Recipe heavy(one_view(64, {{"gaussian_blur", 1.0, {{"kernel_size", {63}}, {"sigma", {20.0}}}}}), 3);
    const double light_rate = views_per_second(light, sources, 0.05);
    const double heavy_rate = views_per_second(heavy, sources, 0.05);
    EXPECT_GT(heavy_rate, 0.0);
    EXPECT_GT(light_rate, 3 * heavy_rate);
}

TEST(Throughput, WhatAThreadCannotMakeIsThrown) {
    const TestImage image = random_image(64, 64, 3);
    const std::vector<ImageView> sources{image.view()};
    const Recipe uncut(one_view(32, {{"horizontal_flip", 1.0, {}}}), 3);
    for (const int threads : {1, 2}) {
        EXPECT_THROW(views_per_second(uncut, sources, 0.01, Delivery::u8, threads), DataError);
        EXPECT_THROW(views_digest(uncut, sources, 5, threads), DataError);
    }
}

TEST(Throughput, ProfileNamesEveryOperationAndSharesOutTheWholeTime) {
    const TestImage image = random_image(64, 64, 3);
    const std::vector<ImageView> sources{image.view()};
    const Recipe recipe(one_view(64, {{"gaussian_blur", 1.0, {{"kernel_size", {63}}, {"sigma", {20.0}}}},
                                      {"horizontal_flip", 1.0, {}},
                                      {"solarize", 0.0, {}}}),
                        3);
    const std::vector<ProfileLine> lines = profile_recipe(recipe, sources, 0.05);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].operation, "gaussian_blur");
    double total = 0.0;
    for (const ProfileLine& line : lines) {
        EXPECT_GT(line.seconds, 0.0) << line.operation;
        total += line.seconds;
    }
    EXPECT_GT(lines[0].seconds, 0.5 * total);
}

} // namespace
} // namespace tacit::augment
