// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tacit::augment {
namespace {

/// Up to this side, images are CIFAR-like: half jitter strength and no blur (Chen et al. 2020, appendix B.9),
/// padded crops instead of resized ones where scale matters.
constexpr int kSmallSide = 64;

struct Target {
    int size;
    int channels;
    bool small() const { return size <= kSmallSide; }
};

OpSpec resized_crop(double min_scale) {
    return {"random_resized_crop", 1.0, {{"scale", {min_scale, 1.0}}}};
}

OpSpec flip() {
    return {"horizontal_flip", 0.5, {}};
}

/// Chen et al. 2020, appendix A: .8 s of brightness, contrast and saturation, .2 s of hue.
OpSpec jitter(const Target& target) {
    const double strength = target.small() ? 0.5 : 1.0;
    OpSpec op{"color_jitter", 0.8, {{"brightness", {0.8 * strength}}, {"contrast", {0.8 * strength}}}};
    if (target.channels == 3) {
        op.params["saturation"] = {0.8 * strength};
        op.params["hue"] = {0.2 * strength};
    }
    return op;
}

/// Chen et al. 2020, appendix A: a kernel of 10 % of the side, for half of the views.
OpSpec blur(const Target& target) {
    const int kernel = std::max(3, target.size / 20 * 2 + 1);
    return {"gaussian_blur",
            target.small() ? 0.0 : 0.5,
            {{"kernel_size", {static_cast<double>(kernel)}}, {"sigma", {0.1, 2.0}}}};
}

ViewSpec contrastive_view(const Target& target, int draw) {
    ViewSpec view;
    view.draw = draw;
    view.ops = {resized_crop(0.08), flip(), jitter(target)};
    if (target.channels == 3) {
        view.ops.push_back({"grayscale", 0.2, {}});
    }
    view.ops.push_back(blur(target));
    return view;
}

/// Two views of independent draws; also the anchor and the positive of the triplet loss.
std::vector<ViewSpec> contrastive(const Target& target) {
    return {contrastive_view(target, 0), contrastive_view(target, 1)};
}

/// Gidaris et al. 2018: the four rotations of one crop. Small images are shifted, not rescaled, and
/// continued by reflection, so that no border tells the angle.
std::vector<ViewSpec> rotations(const Target& target) {
    std::vector<ViewSpec> views;
    for (int turns = 0; turns < 4; ++turns) {
        ViewSpec view;
        if (target.small()) {
            const double padding = std::max(1, target.size / 8);
            view.ops = {{"resize_short_side", 1.0, {}},
                        {"padded_crop", 1.0, {{"padding", {padding}}, {"reflect", {1}}}}};
        } else {
            view.ops = {resized_crop(0.3)};
        }
        view.ops.push_back(flip());
        view.ops.push_back({"rotate90", 1.0, {{"turns", {static_cast<double>(turns)}}}});
        views.push_back(view);
    }
    return views;
}

ViewSpec mild_view() {
    return {{resized_crop(0.5), flip()}, 0};
}

/// Pathak et al. 2016. The random blocks are there at p = 0, so that an override can choose them.
std::vector<ViewSpec> context_encoder(const Target&) {
    ViewSpec view = mild_view();
    view.ops.push_back({"center_mask", 1.0, {{"side", {0.5}}}});
    view.ops.push_back({"random_block_mask", 0.0, {{"blocks", {5}}, {"area", {0.03, 0.08}}}});
    return {view};
}

std::vector<ViewSpec> autoencoder(const Target&) {
    return {mild_view()};
}

/// The noisy input and its clean target.
std::vector<ViewSpec> denoise(const Target&) {
    ViewSpec noisy = mild_view();
    noisy.ops.push_back({"gaussian_noise", 1.0, {{"sigma", {0.2}}}});
    return {noisy, mild_view()};
}

/// No randomness: the whole image when small, else the centre of 8/7 of the size (224 of 256).
std::vector<ViewSpec> evaluation(const Target& target) {
    const double side = target.small() ? target.size : target.size * 8 / 7;
    return {{{{"resize_short_side", 1.0, {{"size", {side}}}}, {"center_crop", 1.0, {}}}, 0}};
}

/// The image as it is, cut or padded where it has another size: what reading costs without augmentation.
std::vector<ViewSpec> as_it_is(const Target&) {
    return {{{{"center_crop", 1.0, {}}}, 0}};
}

struct Entry {
    std::string_view name;
    std::vector<ViewSpec> (*make)(const Target&);
};

constexpr std::array<Entry, 8> kPresets{{
    {"simclr", contrastive},
    {"rotnet", rotations},
    {"context_encoder", context_encoder},
    {"autoencoder", autoencoder},
    {"denoise", denoise},
    {"triplet", contrastive},
    {"eval", evaluation},
    {"none", as_it_is},
}};

} // namespace

std::vector<std::string> preset_names() {
    std::vector<std::string> names;
    names.reserve(kPresets.size());
    for (const Entry& entry : kPresets) {
        names.emplace_back(entry.name);
    }
    return names;
}

RecipeSpec preset(const std::string& name, int size, int channels) {
    const auto* entry =
        std::find_if(kPresets.begin(), kPresets.end(), [&](const Entry& candidate) { return candidate.name == name; });
    if (entry == kPresets.end()) {
        throw ConfigError(unknown_word("augmentation recipe", name, preset_names()));
    }
    return {name, size, entry->make({size, channels})};
}

} // namespace tacit::augment
