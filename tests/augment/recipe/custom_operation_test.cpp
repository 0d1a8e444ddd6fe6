// SPDX-License-Identifier: Apache-2.0
// The example of docs/augmentation.md: all of an operation is in one file, which ends with the line that registers it.
#include "augment/recipe/operation.hpp"
#include "tests/augment/test_images.hpp"

#include "pipeline/base/error.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

// [docs: custom operation]
namespace {

using namespace tacit::augment; // NOLINT(google-build-using-namespace)

/// Posterizes: keeps the highest bits of every value.
class KeepBits final : public Operation {
  public:
    explicit KeepBits(Range bits) : bits_(bits) {}
    void apply(Canvas& canvas, Draws& draws) const override {
        const int bits = static_cast<int>(bits_.low) + draws.below(static_cast<int>(bits_.high - bits_.low) + 1);
        const MutableImageView image = canvas.edit();
        for (std::size_t i = 0; i < image.shape.bytes(); ++i) {
            image.data[i] = static_cast<std::uint8_t>(image.data[i] & 0xFF00 >> bits);
        }
        canvas.note("{}", bits);
    }

  private:
    Range bits_;
};

OperationPtr make_keep_bits(OpParams& params) {
    return std::make_unique<KeepBits>(params.range({"bits", "that stay of every value", "bits"}, {4, 4}, 1, 8));
}

const bool kRegistered = register_operation("keep_bits", make_keep_bits);

} // namespace
// [docs: end]

namespace tacit::augment {
namespace {

TEST(CustomOperation, IsOneLikeAnyOther) {
    ASSERT_TRUE(kRegistered);
    const Recipe recipe(one_view(16, {{"keep_bits", 1.0, {{"bits", {3}}}}}), 3);
    const TestImage image = random_image(16, 16, 3);
    const SampleOutputs outputs = run(recipe, image.view(), {});
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        EXPECT_EQ(outputs.pixels[0][i], image.pixels[i] / 32 * 32);
    }
}

TEST(CustomOperation, ItsParametersAreChecked) {
    EXPECT_THROW(Recipe(one_view(16, {{"keep_bits", 1.0, {{"bits", {9}}}}}), 3), ConfigError);
    EXPECT_THROW(Recipe(one_view(16, {{"keep_bits", 1.0, {{"bit", {3}}}}}), 3), ConfigError);
    EXPECT_EQ(operation_parameters("keep_bits", "test", 16, 3).at(0).numbers, (std::vector<double>{4, 4}));
}

TEST(CustomOperation, ANameIsGivenOnce) {
    EXPECT_THROW(register_operation("keep_bits", make_keep_bits), std::logic_error);
    EXPECT_THROW(register_operation("grayscale", make_keep_bits), std::logic_error);
}

TEST(CustomOperation, OfLevelsAloneIsRefusedForFloats) {
    const Recipe recipe(one_view(16, {{"horizontal_flip", 1.0, {}}, {"keep_bits", 1.0, {}}}), 3);
    try {
        recipe.require_floats();
        FAIL() << "no exception";
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(), "recipe 'test', view 0, keep_bits: it takes images of 8 bits alone, and these have "
                                   "more; leave it out, or derive it from AnyPixelOperation");
    }
    Workspace workspace;
    const std::vector<float> image(recipe.output().values());
    EXPECT_THROW(recipe.apply(FloatImageView{image.data(), recipe.output()}, {}, std::vector<ViewSlot>(1), workspace),
                 std::logic_error);
}

TEST(CustomOperation, AllBuiltInRecipesTakeFloats) {
    for (const std::string& name : preset_names()) {
        EXPECT_NO_THROW(Recipe(preset(name, 32, 3), 3).require_floats()) << name;
    }
}

} // namespace
} // namespace tacit::augment
