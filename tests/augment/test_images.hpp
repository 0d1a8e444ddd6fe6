// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/color_chain.hpp"
#include "augment/draws.hpp"
#include "augment/recipe.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tacit::augment {

/// An image that owns its pixels.
struct TestImage {
    ImageShape shape;
    std::vector<std::uint8_t> pixels;

    TestImage(int height, int width, int channels, std::uint8_t level = 0)
        : shape{height, width, channels}, pixels(shape.bytes(), level) {}
    ImageView view() const { return {pixels.data(), shape}; }
    MutableImageView edit() { return {pixels.data(), shape}; }
    std::uint8_t& at(int y, int x, int c = 0) {
        return pixels[static_cast<std::size_t>((y * shape.width + x) * shape.channels + c)];
    }
};

/// Random pixels, the same for the same shape and seed.
inline TestImage random_image(int height, int width, int channels, std::uint64_t seed = 1) {
    TestImage image(height, width, channels);
    Draws draws({seed, 0, 0}, 0, 0);
    for (std::uint8_t& pixel : image.pixels) {
        pixel = static_cast<std::uint8_t>(draws.below(256));
    }
    return image;
}

/// What the steps make of an image.
inline TestImage colored(const TestImage& image, const std::vector<ColorStep>& steps,
                         ColorMode mode = ColorMode::exact) {
    ColorChain chain;
    chain.start(mode);
    for (const ColorStep& step : steps) {
        chain.add(step);
    }
    TestImage out(image.shape.height, image.shape.width, image.shape.channels);
    chain.run(image.view(), out.edit());
    return out;
}

/// All outputs of one sample.
struct SampleOutputs {
    std::vector<std::vector<std::uint8_t>> pixels;
    std::vector<std::vector<std::uint8_t>> masks;
    std::vector<std::int32_t> rotations;
    std::vector<std::int32_t> permutations;
    bool operator==(const SampleOutputs&) const = default;
};

/// Runs `recipe`; targets start as 99, those that no view makes included, so that an untouched one shows.
inline SampleOutputs run(const Recipe& recipe, const ImageWindow& source, const SampleKey& key, Workspace& workspace) {
    const auto views = static_cast<std::size_t>(recipe.views());
    SampleOutputs outputs;
    outputs.rotations.assign(views, 99);
    outputs.permutations.assign(views, 99);
    std::vector<ViewSlot> slots;
    for (std::size_t i = 0; i < views; ++i) {
        const int view = static_cast<int>(i);
        outputs.pixels.emplace_back(recipe.output(view).bytes());
        outputs.masks.emplace_back(std::max<std::size_t>(1, recipe.outputs(view).mask.bytes()), std::uint8_t{99});
        slots.push_back({outputs.pixels[i].data(), outputs.masks[i].data(), &outputs.rotations[i],
                         &outputs.permutations[i], nullptr});
    }
    recipe.apply(source, key, slots, workspace);
    return outputs;
}

inline SampleOutputs run(const Recipe& recipe, ImageView source, const SampleKey& key) {
    Workspace workspace;
    return run(recipe, source, key, workspace);
}

/// A recipe of one view.
inline RecipeSpec one_view(int size, std::vector<OpSpec> ops) {
    return {"test", size, {{std::move(ops), 0}}};
}

} // namespace tacit::augment
