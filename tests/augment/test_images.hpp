// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/buffers.hpp"
#include "augment/random/draws.hpp"
#include "augment/recipe/recipe.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tacit::augment {

/// An image that owns its pixels.
template <class T> struct BasicTestImage {
    ImageShape shape;
    std::vector<T> pixels;

    BasicTestImage(int height, int width, int channels, T level = 0)
        : shape{height, width, channels}, pixels(shape.values(), level) {}
    BasicImageView<T> view() const { return {pixels.data(), shape}; }
    BasicMutableImageView<T> edit() { return {pixels.data(), shape}; }
    T& at(int y, int x, int c = 0) {
        return pixels[static_cast<std::size_t>((y * shape.width + x) * shape.channels + c)];
    }
};
using TestImage = BasicTestImage<std::uint8_t>;
using FloatTestImage = BasicTestImage<float>;

/// Random pixels, the same for the same shape and seed.
inline TestImage random_image(int height, int width, int channels, std::uint64_t seed = 1) {
    TestImage image(height, width, channels);
    Draws draws({seed, 0, 0}, 0, 0);
    for (std::uint8_t& pixel : image.pixels) {
        pixel = static_cast<std::uint8_t>(draws.below(256));
    }
    return image;
}

/// The levels of an image as floats in [0, 1].
inline FloatTestImage floats_of(const TestImage& image) {
    FloatTestImage floats(image.shape.height, image.shape.width, image.shape.channels);
    std::transform(image.pixels.begin(), image.pixels.end(), floats.pixels.begin(),
                   [](std::uint8_t level) { return static_cast<float>(level) / 255.0F; });
    return floats;
}

/// What the steps make of an image.
template <class T>
BasicTestImage<T> colored(const BasicTestImage<T>& image, const std::vector<ColorStep>& steps,
                          ColorMode mode = ColorMode::exact) {
    decltype(PixelBuffers<T>::color) chain;
    chain.start(mode);
    for (const ColorStep& step : steps) {
        chain.add(step);
    }
    BasicTestImage<T> out(image.shape.height, image.shape.width, image.shape.channels);
    chain.run(image.view(), out.edit());
    return out;
}

/// What operations deliver beside pixels.
struct SampleTargets {
    std::vector<std::vector<std::uint8_t>> masks;
    std::vector<std::int32_t> rotations;
    std::vector<std::int32_t> permutations;
    bool operator==(const SampleTargets&) const = default;
};

/// All outputs of one sample.
template <class T> struct BasicSampleOutputs : SampleTargets {
    std::vector<std::vector<T>> pixels;
    bool operator==(const BasicSampleOutputs&) const = default;
};
using SampleOutputs = BasicSampleOutputs<std::uint8_t>;
using FloatSampleOutputs = BasicSampleOutputs<float>;

inline ViewSlot slot_of(std::uint8_t* pixels) {
    return {.pixels = pixels};
}
inline ViewSlot slot_of(float* values) {
    return {.values = values};
}

/// Runs `recipe`; targets start as 99, those that no view makes included, so that an untouched one shows.
template <class T>
BasicSampleOutputs<T> run(const Recipe& recipe, const BasicImageWindow<T>& source, const SampleKey& key,
                          Workspace& workspace) {
    const auto views = static_cast<std::size_t>(recipe.views());
    BasicSampleOutputs<T> outputs;
    outputs.rotations.assign(views, 99);
    outputs.permutations.assign(views, 99);
    std::vector<ViewSlot> slots;
    for (std::size_t i = 0; i < views; ++i) {
        const int view = static_cast<int>(i);
        outputs.pixels.emplace_back(recipe.output(view).values());
        outputs.masks.emplace_back(std::max<std::size_t>(1, recipe.outputs(view).mask.bytes()), std::uint8_t{99});
        ViewSlot& slot = slots.emplace_back(slot_of(outputs.pixels[i].data()));
        slot.mask = outputs.masks[i].data();
        slot.rotation = &outputs.rotations[i];
        slot.permutation = &outputs.permutations[i];
    }
    recipe.apply(source, key, slots, workspace);
    return outputs;
}

template <class T>
BasicSampleOutputs<T> run(const Recipe& recipe, BasicImageView<T> source, const SampleKey& key, Workspace& workspace) {
    return run(recipe, BasicImageWindow<T>(source), key, workspace);
}

template <class T> BasicSampleOutputs<T> run(const Recipe& recipe, BasicImageView<T> source, const SampleKey& key) {
    Workspace workspace;
    return run(recipe, source, key, workspace);
}

/// A recipe of one view.
inline RecipeSpec one_view(int size, std::vector<OpSpec> ops) {
    return {"test", size, {{std::move(ops), 0}}};
}

} // namespace tacit::augment
