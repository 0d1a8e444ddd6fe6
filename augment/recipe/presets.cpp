// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/recipe.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>
#include <utility>

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

OpSpec resized_crop(double min_scale, double max_scale = 1.0) {
    return {"random_resized_crop", 1.0, {{"scale", {min_scale, max_scale}}}};
}

/// As masked autoencoders and BYOL resize.
OpSpec bicubic_crop(double min_scale) {
    OpSpec crop = resized_crop(min_scale);
    crop.words["interpolation"] = "bicubic";
    return crop;
}

OpSpec flip() {
    return {"horizontal_flip", 0.5, {}};
}

OpSpec jitter(const Target& target, double luminance, double saturation, double hue) {
    OpSpec op{"color_jitter", 0.8, {{"brightness", {luminance}}, {"contrast", {luminance}}}};
    if (target.channels == 3) {
        op.params["saturation"] = {saturation};
        op.params["hue"] = {hue};
    }
    return op;
}

/// Chen et al. 2020, appendix A: .8 s of brightness, contrast and saturation, .2 s of hue.
OpSpec strong_jitter(const Target& target) {
    const double strength = target.small() ? 0.5 : 1.0;
    return jitter(target, 0.8 * strength, 0.8 * strength, 0.2 * strength);
}

/// Grill et al. 2020, table 6.
OpSpec mild_jitter(const Target& target) {
    return jitter(target, 0.4, 0.2, 0.1);
}

void add_grayscale(const Target& target, double p, std::vector<OpSpec>& ops) {
    if (target.channels == 3) {
        ops.push_back({"grayscale", p, {}});
    }
}

/// Chen et al. 2020, appendix A: a kernel of 10 % of the side; small images are not blurred.
OpSpec blur(const Target& target, double p) {
    const int kernel = std::max(3, target.size / 20 * 2 + 1);
    return {"gaussian_blur",
            target.small() ? 0.0 : p,
            {{"kernel_size", {static_cast<double>(kernel)}}, {"sigma", {0.1, 2.0}}}};
}

ViewSpec contrastive_view(const Target& target, OpSpec crop, int draw) {
    ViewSpec view;
    view.draw = draw;
    view.ops = {std::move(crop), flip(), strong_jitter(target)};
    add_grayscale(target, 0.2, view.ops);
    view.ops.push_back(blur(target, 0.5));
    return view;
}

/// Two views of independent draws; also the anchor and the positive of the triplet loss.
std::vector<ViewSpec> contrastive(const Target& target) {
    return {contrastive_view(target, resized_crop(0.08), 0), contrastive_view(target, resized_crop(0.08), 1)};
}

/// Grill et al. 2020, table 6: the first view is always blurred, the second seldom, but solarized at times.
std::vector<ViewSpec> asymmetric(const Target& target) {
    constexpr std::array<double, 2> kBlur{1.0, 0.1};
    constexpr std::array<double, 2> kSolarize{0.0, 0.2};
    std::vector<ViewSpec> views;
    for (std::size_t i = 0; i < kBlur.size(); ++i) {
        ViewSpec view;
        view.draw = static_cast<int>(i);
        view.ops = {bicubic_crop(0.08), flip(), mild_jitter(target)};
        add_grayscale(target, 0.2, view.ops);
        view.ops.push_back(blur(target, kBlur[i]));
        if (target.channels == 3) {
            view.ops.push_back({"solarize", kSolarize[i], {}});
        }
        views.push_back(std::move(view));
    }
    return views;
}

/// Caron et al. 2020 (SwAV): two views of much of the image, six of 3/7 of the side (96 of 224) that show little of it.
std::vector<ViewSpec> multicrop(const Target& target) {
    constexpr int kGlobal = 2;
    constexpr int kLocal = 6;
    std::vector<ViewSpec> views;
    for (int draw = 0; draw < kGlobal + kLocal; ++draw) {
        const bool global = draw < kGlobal;
        views.push_back(contrastive_view(target, global ? resized_crop(0.14) : resized_crop(0.05, 0.14), draw));
        views.back().size = global ? 0 : std::max(1, target.size * 3 / 7);
    }
    return views;
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

/// Pathak et al. 2016. The other masks of the paper are there at p = 0, so that an override can choose them.
std::vector<ViewSpec> context_encoder(const Target&) {
    ViewSpec view = mild_view();
    view.ops.push_back({"center_mask", 1.0, {{"side", {0.5}}}});
    view.ops.push_back({"random_block_mask", 0.0, {{"blocks", {5}}, {"area", {0.03, 0.08}}}});
    view.ops.push_back({"free_form_mask", 0.0, {{"area", {0.2, 0.3}}}});
    return {view};
}

std::vector<ViewSpec> autoencoder(const Target&) {
    return {mild_view()};
}

/// The noisy input and its clean target. The other noises of Vincent et al. 2010, section 3.3 (a quarter of the pixels
/// black; a tenth black or white) and shot noise are there at p = 0, so that an override can choose them.
std::vector<ViewSpec> denoise(const Target&) {
    ViewSpec noisy = mild_view();
    noisy.ops.push_back({"gaussian_noise", 1.0, {{"sigma", {0.2}}}});
    noisy.ops.push_back({"masking_noise", 0.0, {{"amount", {0.25}}}});
    noisy.ops.push_back({"salt_and_pepper", 0.0, {{"amount", {0.1}}}});
    noisy.ops.push_back({"poisson_noise", 0.0, {{"peak", {20.0}}}});
    return {noisy, mild_view()};
}

OpSpec watermark(double p, const char* kind) {
    OpSpec op{"watermark", p, {{"opacity", {0.4, 0.9}}}};
    op.words["kind"] = kind;
    return op;
}

/// What was written or scratched on an image, or faded and stained it, and the clean image.
std::vector<ViewSpec> restore(const Target& target) {
    ViewSpec damaged = mild_view();
    damaged.ops.push_back(watermark(1.0, "text"));
    damaged.ops.push_back(blur(target, 0.0));
    damaged.ops.push_back({"salt_and_pepper", 0.0, {{"amount", {0.02, 0.1}}}});
    damaged.ops.push_back({"random_erasing", 0.0, {}});
    return {damaged, mild_view()};
}

/// Noroozi & Favaro 2016, in the proportions of VISSL's jigsaw_8gpu_resnet.yaml (cells of 85 pixels, tiles of 64):
/// the cells share the recipe's size, so that the view of all tiles is smaller.
std::vector<ViewSpec> jigsaw(const Target& target) {
    const int grid = target.small() ? 2 : 3;
    const int cell = std::max(1, target.size / grid);
    OpSpec crop = resized_crop(0.5);
    crop.params["size"] = {static_cast<double>(cell * grid)};
    ViewSpec view;
    view.size = std::max(1, cell * 64 / 85) * grid;
    view.ops = {crop, flip()};
    add_grayscale(target, 0.66, view.ops);
    view.ops.push_back({"jigsaw", 1.0, {{"grid", {static_cast<double>(grid)}}, {"normalize", {1}}}});
    return {view};
}

/// Zhang et al. 2016: what the encoder sees without colour, and the same in colour.
std::vector<ViewSpec> colorize(const Target& target) {
    if (target.channels != 3) {
        throw ConfigError(fmt::format("augmentation recipe colorize needs 3 channels and the images have {}; choose "
                                      "another, e.g. autoencoder",
                                      target.channels));
    }
    ViewSpec grey = mild_view();
    grey.ops.push_back({"grayscale", 1.0, {}});
    return {grey, mild_view()};
}

/// He et al. 2022: crops of .2 to 1, flips, and three quarters of the patches hidden.
std::vector<ViewSpec> masked_patches(const Target&) {
    return {{{bicubic_crop(0.2), flip(), {"patch_mask", 1.0, {{"ratio", {0.75}}}}}, 0}};
}

/// Assran et al. 2023: crops of .3 to 1 and nothing else, one context and four targets.
std::vector<ViewSpec> masked_blocks(const Target&) {
    return {{{resized_crop(0.3), {"multi_block_mask", 1.0, {}}}, 0}};
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

constexpr std::array<Entry, 15> kPresets{{
    {"simclr", contrastive},
    {"byol", asymmetric},
    {"multicrop", multicrop},
    {"rotnet", rotations},
    {"jigsaw", jigsaw},
    {"context_encoder", context_encoder},
    {"denoise", denoise},
    {"restore", restore},
    {"autoencoder", autoencoder},
    {"triplet", contrastive},
    {"colorize", colorize},
    {"mae", masked_patches},
    {"ijepa", masked_blocks},
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
