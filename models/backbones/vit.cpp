// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/families.hpp"
#include "models/backbones/parts/drop_path.hpp"
#include "models/backbones/parts/recompute.hpp"
#include "models/backbones/token_backbone.hpp"
#include "models/backbones/vit_options.hpp"

#include <fmt/format.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

#include <stdexcept>

namespace tacit::models {
namespace {

namespace nn = torch::nn;

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
    bool draws() const override { return options_.drop_path > 0; }
    bool recomputes() const override { return options_.checkpoint; }

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
    Architecture architecture() const override { return architecture_of(options_); }
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

} // namespace

BackboneMaker read_vit(const BackboneRequest& request) {
    return [options = read_vit_options(request)] { return std::make_shared<ViT>(options); };
}

} // namespace tacit::models
