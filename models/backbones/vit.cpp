// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/families.hpp"
#include "models/backbones/parts/drop_path.hpp"
#include "models/backbones/parts/recompute.hpp"
#include "models/backbones/parts/transformer_block.hpp"
#include "models/backbones/token_backbone.hpp"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace tacit::models {
namespace {

namespace nn = torch::nn;

struct ViTPlan {
    const char* name;
    std::int64_t width, depth, heads;
};

constexpr std::array kViTs = {ViTPlan{"vit_tiny", 192, 12, 3}, ViTPlan{"vit_small", 384, 12, 6},
                              ViTPlan{"vit_base", 768, 12, 12}, ViTPlan{"vit_large", 1024, 24, 16}};

struct ViTOptions {
    std::string name;
    augment::ImageShape shape;
    std::int64_t patch = 4, depth = 12;
    BlockOptions block;
    std::string positions = "sincos";
    bool class_token = true;
    std::int64_t registers = 0;
    bool mean = false; ///< features are the mean of the patches, else the class token
    double drop_path = 0;
    bool checkpoint = false;

    std::int64_t rows() const { return shape.height / patch; }
    std::int64_t columns() const { return shape.width / patch; }
    std::int64_t prefix() const { return (class_token ? 1 : 0) + registers; }
    /// A position of the class token's own, as timm has it where there are no registers.
    bool class_position() const { return positions == "learned" && class_token && registers == 0; }
};

/// Why images of this size are not whole patches, or "".
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

class ViT : public TokenBackbone {
  public:
    explicit ViT(const ViTOptions& options)
        : options_(options),
          embedding_(nn::Conv2dOptions(options.shape.channels, options.block.dim, options.patch).stride(options.patch)),
          norm_(layer_norm(options.block.dim)) {
        const std::int64_t dim = options.block.dim;
        const auto token = [&](const std::string& name, std::int64_t count, double deviation) {
            return register_parameter(name, at::empty({1, count, dim}).normal_(0.0, deviation));
        };
        if (options.class_token) {
            class_token_ = token("cls_token", 1, 1e-6);
        }
        if (options.registers > 0) {
            register_tokens_ = token("reg_token", options.registers, 1e-6);
        }
        if (options.positions == "learned") {
            const std::int64_t patches = options.rows() * options.columns();
            positions_ = token("pos_embed", patches + (options.class_position() ? 1 : 0), 0.02);
        } else if (options.positions == "sincos") {
            positions_ = register_buffer("pos_embed", sincos_positions(options.rows(), options.columns(), dim));
        }
        register_module("patch_embed", std::make_shared<nn::Module>())->register_module("proj", embedding_);
        nn::ModuleList blocks;
        for (std::int64_t i = 0; i < options.depth; ++i) {
            blocks_.push_back(std::make_shared<TransformerBlock>(options.block));
            blocks->push_back(blocks_.back());
        }
        register_module("blocks", blocks);
        register_module("norm", norm_);
    }

    at::Tensor tokens(const at::Tensor& images, const PatchChoice& choice) override {
        LayerTap none;
        return run(images, choice, none);
    }
    at::Tensor forward(const at::Tensor& images) override { return pooled(tokens(images, {})); }
    void begin_step(const StepContext& at, const at::Tensor& ids) override { draws_.begin(at, ids); }

    std::vector<std::string> layer_names() const override {
        std::vector<std::string> names;
        for (std::int64_t i = 0; i < options_.depth; ++i) {
            names.push_back(layer_name(i));
        }
        return names;
    }
    std::int64_t feature_dim() const override { return options_.block.dim; }
    MapShape map_shape() const override { return {options_.block.dim, options_.rows(), options_.columns()}; }
    std::int64_t prefix_tokens() const override { return options_.prefix(); }
    bool has_class_token() const override { return options_.class_token; }
    std::int64_t patch() const override { return options_.patch; }
    Architecture architecture() const override;
    std::string unfit(std::int64_t height, std::int64_t width) const override {
        return patch_mismatch(options_.patch, height, width);
    }
    std::string slow(std::int64_t height, std::int64_t width) const override {
        constexpr std::int64_t kMany = 1024;
        const std::int64_t patches = (height / options_.patch) * (width / options_.patch);
        return patches <= kMany ? ""
                                : fmt::format("model.patch {} makes {} patches of images of {}x{} pixels, and the time "
                                              "of a step grows with the square of many; patches of twice the size are "
                                              "a fourth as many",
                                              options_.patch, patches, height, width);
    }

  protected:
    at::Tensor encode(const at::Tensor& images, LayerTap& tap) override { return map_of(run(images, {}, tap), images); }

  private:
    static std::string layer_name(std::int64_t block) { return fmt::format("blocks.{}", block); }

    at::Tensor run(const at::Tensor& images, const PatchChoice& choice, LayerTap& tap) {
        if (const auto why = unfit(images.size(2), images.size(3)); !why.empty()) {
            throw std::invalid_argument(options_.name + " " + why);
        }
        const std::int64_t rows = images.size(2) / options_.patch, columns = images.size(3) / options_.patch;
        at::Tensor tokens = embedded(images, choice, rows, columns);
        BlockInput input{{}, options_.prefix(), {}};
        if (options_.positions == "rotary") {
            const auto d = options_.block.dim / options_.block.heads;
            input.rotation = chosen(rotation_of_grid(rows, columns, d, norm_->weight.options()), choice.keep);
        }
        const at::Tensor gains = drop_gains(images);
        for (std::int64_t i = 0; i < options_.depth; ++i) {
            if (gains.defined()) {
                input.gains = gains.slice(0, 2 * i, 2 * i + 2);
            }
            tokens = apply(i, tokens, input);
            if (tap.wants(layer_name(i))) {
                const at::Tensor normed = norm_(tokens);
                tap.take(layer_name(i), {map_of(normed, images), pooled(normed)});
            }
        }
        return norm_(tokens);
    }

    at::Tensor apply(std::int64_t place, const at::Tensor& tokens, const BlockInput& input) {
        const auto& block = blocks_[static_cast<std::size_t>(place)];
        if (!options_.checkpoint) {
            return block->forward(tokens, input);
        }
        return recomputed([block, input](const at::Tensor& x) { return block->forward(x, input); }, tokens,
                          block->parameters());
    }

    /// Class token, registers and the chosen patches, with their positions.
    at::Tensor embedded(const at::Tensor& images, const PatchChoice& choice, std::int64_t rows, std::int64_t columns) {
        at::Tensor patches = embedding_(images).flatten(2).transpose(1, 2); // [N, P, D]
        if (choice.hidden.defined()) {
            patches = at::where(choice.hidden.unsqueeze(2), choice.mask_token.to(patches.scalar_type()), patches);
        }
        at::Tensor of_class;
        if (positions_.defined()) {
            const bool own = options_.class_position();
            of_class = own ? positions_.slice(1, 0, 1) : at::Tensor();
            patches = patches + resized_positions(own ? positions_.slice(1, 1) : positions_, options_.rows(),
                                                  options_.columns(), rows, columns);
        }
        if (choice.keep.defined()) {
            patches = patches.gather(1, choice.keep.unsqueeze(2).expand({-1, -1, patches.size(2)}));
        }
        std::vector<at::Tensor> parts;
        if (class_token_.defined()) {
            parts.push_back(of_class.defined() ? class_token_ + of_class : class_token_);
        }
        if (register_tokens_.defined()) {
            parts.push_back(register_tokens_);
        }
        for (at::Tensor& part : parts) {
            part = part.to(patches.scalar_type()).expand({patches.size(0), -1, -1});
        }
        parts.push_back(patches);
        return at::cat(parts, 1);
    }

    /// [2 depth, N] of this pass, undefined where nothing is dropped: in eval mode and without gradient (teachers).
    at::Tensor drop_gains(const at::Tensor& images) {
        if (options_.drop_path == 0 || !is_training() || !at::GradMode::is_enabled()) {
            return {};
        }
        return drop_path_gains(draws_.next(images.size(0), 2 * options_.depth, images.device()), options_.drop_path);
    }

    at::Tensor pooled(const at::Tensor& tokens) const {
        return options_.mean ? tokens.slice(1, options_.prefix()).mean(1) : tokens.select(1, 0);
    }

    /// [N, D, h, w] of the patches' tokens, channels-last in memory.
    at::Tensor map_of(const at::Tensor& tokens, const at::Tensor& images) const {
        return tokens.slice(1, options_.prefix())
            .reshape({tokens.size(0), images.size(2) / options_.patch, images.size(3) / options_.patch, tokens.size(2)})
            .permute({0, 3, 1, 2});
    }

    ViTOptions options_;
    nn::Conv2d embedding_;
    nn::LayerNorm norm_;
    at::Tensor class_token_, register_tokens_, positions_;
    std::vector<std::shared_ptr<TransformerBlock>> blocks_;
    SampleDraws draws_{"drop path"};
};

Architecture ViT::architecture() const {
    const ViTOptions& made = options_;
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

std::shared_ptr<Backbone> make_vit(const BackboneRequest& request) {
    const config::Section& model = request.model;
    const auto* plan = std::find_if(kViTs.begin(), kViTs.end(),
                                    [&](const ViTPlan& candidate) { return request.name == candidate.name; });
    ViTOptions options;
    options.name = request.name;
    options.shape = request.shape;
    options.patch = model.integer("patch", 4, {1, 64});
    options.depth = model.integer("depth", plan->depth, {1, 64});
    options.block.dim = model.integer("width", plan->width, {1, 4096});
    options.block.heads = model.integer("heads", plan->heads, {1, 64});
    options.block.qkv_bias = model.flag("qkv_bias", true);
    options.block.layer_scale = model.number("layer_scale", 0, {0, 1});
    options.positions = model.choice("positions", "sincos", {"sincos", "learned", "rotary"});
    options.class_token = model.flag("class_token", true);
    options.registers = model.integer("registers", 0, {0, 64});
    options.mean = model.choice("pool", options.class_token ? "token" : "mean", {"token", "mean"}) == "mean";
    options.drop_path = model.number("drop_path", 0, {0, 0.9});
    options.checkpoint = model.flag("checkpoint", false);
    check(options, model);
    return std::make_shared<ViT>(options);
}

} // namespace tacit::models
