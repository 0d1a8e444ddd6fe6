// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/vit_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tacit::models {
namespace {

struct ViTPlan {
    const char* name;
    std::int64_t width, depth, heads;
};

constexpr std::array kViTs = {ViTPlan{"vit_tiny", 192, 12, 3}, ViTPlan{"vit_small", 384, 12, 6},
                              ViTPlan{"vit_base", 768, 12, 12}, ViTPlan{"vit_large", 1024, 24, 16}};

/// Refuses options that do not go together.
void check(const ViTOptions& options, const config::Section& model) {
    const BlockOptions& block = options.block;
    if (const auto why = patch_mismatch(options.patch, options.shape.height, options.shape.width); !why.empty()) {
        model.fail("patch", options.name + " " + why);
    }
    if (block.dim % block.heads != 0) {
        model.fail("heads", fmt::format("{} heads do not divide a width of {}", block.heads, block.dim));
    }
    if (options.positions == "sincos" && block.dim % 4 != 0) {
        model.fail("width", fmt::format("positions sincos need a multiple of 4, got {}", block.dim));
    }
    if (options.positions == "rotary" && block.dim / block.heads % 4 != 0) {
        model.fail("heads", fmt::format("positions rotary need heads of a multiple of 4 channels, got {} of {}",
                                        block.heads, block.dim / block.heads));
    }
    if (!options.class_token && !options.mean) {
        model.fail("pool", "token is the class token, and there is none: pool: mean, or class_token: true");
    }
}

} // namespace

std::string patch_mismatch(std::int64_t patch, std::int64_t height, std::int64_t width) {
    if (height % patch != 0 || width % patch != 0) {
        return fmt::format("cuts images into patches of {0}x{0} pixels, of which {1}x{2} are no whole number; choose a "
                           "model.patch that divides both, or another augment.size",
                           patch, height, width);
    }
    return height == patch && width == patch
               ? fmt::format("has nothing to attend to: images of {0}x{0} pixels are a single patch of model.patch {0}",
                             patch)
               : "";
}

Architecture architecture_of(const ViTOptions& made) {
    const auto number = [](auto value) { return fmt::format("{}", value); };
    Architecture network{made.name,
                         {{"patch", number(made.patch)},
                          {"width", number(made.block.dim)},
                          {"depth", number(made.depth)},
                          {"heads", number(made.block.heads)},
                          {"positions", made.positions},
                          {"class token", made.class_token ? "yes" : "no"},
                          {"registers", number(made.registers)},
                          {"pool", made.mean ? "mean" : "token"}},
                         std::nullopt};
    if (made.positions == "rotary") {
        network.remedy = "timm's VisionTransformer has no rotary positions";
        return network;
    }
    const auto flag = [](bool value) { return value ? "True" : "False"; };
    const auto model = [&](const std::string& classes) {
        return fmt::format("import timm; model = timm.models.vision_transformer.VisionTransformer(img_size=({}, {}), "
                           "patch_size={}, in_chans={}, num_classes={}, global_pool='{}', fc_norm=False, embed_dim={}, "
                           "depth={}, num_heads={}, qkv_bias={}, init_values={}, class_token={}, no_embed_class={}, "
                           "reg_tokens={})",
                           made.shape.height, made.shape.width, made.patch, made.shape.channels, classes,
                           made.mean ? "avg" : "token", made.block.dim, made.depth, made.block.heads,
                           flag(made.block.qkv_bias),
                           made.block.layer_scale == 0 ? "None" : number(made.block.layer_scale),
                           flag(made.class_token), flag(!made.class_position()), made.registers);
    };
    network.python = {"timm", model("0"), model("{classes}"), "head"};
    return network;
}

ViTOptions read_vit_options(const BackboneRequest& request) {
    const config::Section& model = request.model;
    const auto* plan = std::find_if(kViTs.begin(), kViTs.end(),
                                    [&](const ViTPlan& candidate) { return request.name == candidate.name; });
    ViTOptions options;
    options.name = request.name;
    options.shape = request.shape;
    options.patch = model.integer(
        {"patch", "side of the patches that images are cut into; divides their height and width", "pixels"}, 4,
        {1, 64});
    options.depth = model.integer({"depth", "number of transformer blocks", "blocks"}, plan->depth, {1, 64});
    options.block.dim = model.integer({"width", "of tokens and features", "dimensions"}, plan->width, {1, 4096});
    options.block.heads = model.integer({"heads", "of attention; divide width", "heads"}, plan->heads, {1, 64});
    options.block.qkv_bias = model.flag({"qkv_bias", "biases of queries, keys and values"}, true);
    options.block.layer_scale = model.number(
        {"layer_scale",
         "start of a learned factor for each channel of a block's branches (deep networks: 1e-5); 0: none"},
        0, {0, 1});
    options.positions =
        model.choice({"positions", "how a token knows its place; those of another grid are interpolated"}, "sincos",
                     {"sincos", "learned", "rotary"});
    options.class_token = model.flag({"class_token", "a token that stands for the whole image"}, true);
    options.registers = model.integer(
        {"registers", "further tokens without a place, which keep attention maps clean", "tokens"}, 0, {0, 64});
    options.mean = model.choice({"pool", "the features: the class token, or the mean of the patches' tokens", "",
                                 "token; mean without a class token"},
                                options.class_token ? "token" : "mean", {"token", "mean"}) == "mean";
    options.drop_path = model.number(
        {"drop_path",
         "probability that the last block is left out for an image; it rises to this from 0 over the blocks"},
        0, {0, 0.9});
    options.checkpoint = model.flag({"checkpoint", "keeps the inputs of blocks alone and computes each block again in "
                                                   "the backward pass: less memory, more time, the same bits"},
                                    false);
    check(options, model);
    return options;
}

} // namespace tacit::models
