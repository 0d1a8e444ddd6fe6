// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/families.hpp"
#include "models/backbones/parts/recompute.hpp"
#include "models/backbones/parts/residual_block.hpp"
#include "models/backbones/parts/sizes.hpp"

#include <fmt/format.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <optional>

namespace tacit::models {
namespace {

namespace nn = torch::nn;

struct ResNetPlan {
    const char* name;
    std::array<int, 4> blocks;
    bool bottleneck;      ///< 1x1, 3x3, 1x1 instead of two 3x3
    std::int64_t widened; ///< 3x3 channels of a bottleneck to those of the plain network
};

constexpr std::array kResNets = {
    ResNetPlan{"resnet18", {2, 2, 2, 2}, false, 1},       ResNetPlan{"resnet34", {3, 4, 6, 3}, false, 1},
    ResNetPlan{"resnet50", {3, 4, 6, 3}, true, 1},        ResNetPlan{"resnet101", {3, 4, 23, 3}, true, 1},
    ResNetPlan{"wide_resnet50_2", {3, 4, 6, 3}, true, 2}, ResNetPlan{"wide_resnet101_2", {3, 4, 23, 3}, true, 2},
};

struct ResNetOptions {
    const ResNetPlan& plan;
    bool cifar_stem;
    std::int64_t width;
    NormKind norm;
    bool checkpoint;
    std::int64_t channels; ///< of images
    std::int64_t expansion() const { return plan.bottleneck ? 4 : 1; }
};

class ResNet : public Backbone {
  public:
    ResNet(const ResNetOptions& options, augment::ImageShape shape, dist::Communicator& comm)
        : options_(options),
          map_{.channels = 8 * options.width * options.expansion(), .height = shape.height, .width = shape.width},
          conv1_(options.cifar_stem ? convolution(options.channels, options.width, 3, 1)
                                    : convolution(options.channels, options.width, 7, 2)),
          bn1_(options.norm, options.width, comm) {
        register_module("conv1", conv1_);
        register_module("bn1", bn1_.module());
        for (int halvings = options.cifar_stem ? 3 : 5; halvings > 0; --halvings) {
            map_.height = (map_.height + 1) / 2;
            map_.width = (map_.width + 1) / 2;
        }
        std::int64_t in = options.width;
        for (std::size_t layer = 0; layer < 4; ++layer) {
            const std::int64_t planes = options.width << layer;
            nn::ModuleList blocks;
            layers_.emplace_back();
            for (int block = 0; block < options.plan.blocks[layer]; ++block) {
                const std::int64_t stride = block == 0 && layer > 0 ? 2 : 1;
                const std::int64_t out = planes * options.expansion();
                layers_.back().push_back(
                    std::make_shared<ResidualBlock>(ResidualOptions{in, planes * options.plan.widened, out, stride,
                                                                    options.plan.bottleneck, options.norm},
                                                    comm));
                blocks->push_back(layers_.back().back());
                in = out;
            }
            register_module(fmt::format("layer{}", layer + 1), blocks);
        }
    }

    std::vector<std::string> layer_names() const override { return {"stem", "layer1", "layer2", "layer3", "layer4"}; }
    bool recomputes() const override { return options_.checkpoint; }
    std::int64_t feature_dim() const override { return map_.channels; }
    MapShape map_shape() const override { return map_; }
    Architecture architecture() const override;

    std::string unfit(std::int64_t height, std::int64_t width) const override {
        return options_.cifar_stem ? too_small(height, width, 8, "raise augment.size")
                                   : too_small(height, width, 32, "use stem: cifar");
    }

    std::string slow(std::int64_t height, std::int64_t width) const override {
        constexpr std::int64_t kLarge = 96 * 96; // pixels
        return !options_.cifar_stem || height * width <= kLarge
                   ? ""
                   : fmt::format("model.stem cifar keeps images of {} pixels at their size: a step takes about 16 "
                                 "times as long as with model.stem standard",
                                 height == width ? fmt::format("{}", height) : fmt::format("{}x{}", height, width));
    }

  protected:
    at::Tensor encode(const at::Tensor& images, LayerTap& tap) override {
        auto map = bn1_.relu(conv1_(images));
        if (!options_.cifar_stem) {
            map = torch::max_pool2d(map, 3, 2, 1);
        }
        tap.take("stem", map);
        for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
            for (const auto& block : layers_[layer]) {
                map = options_.checkpoint ? recomputed([block](const at::Tensor& x) { return block->forward(x); }, map,
                                                       block->parameters())
                                          : block->forward(map);
            }
            tap.take(fmt::format("layer{}", layer + 1), map);
        }
        return map;
    }

  private:
    ResNetOptions options_;
    MapShape map_;
    nn::Conv2d conv1_;
    Norm bn1_;
    std::vector<std::vector<std::shared_ptr<ResidualBlock>>> layers_;
};

/// torchvision's networks are made for RGB, 7x7 stem, width 64 and batch norm; the rest is said in Python.
Architecture ResNet::architecture() const {
    Architecture made{options_.plan.name,
                      {{"stem", options_.cifar_stem ? "cifar" : "standard"},
                       {"width", fmt::format("{}", options_.width)},
                       {"norm", options_.norm == NormKind::group ? "group" : "batch"}},
                      std::nullopt};
    if (options_.width != kTorchvisionWidth) {
        made.remedy = fmt::format("torchvision's {} has width {}", options_.plan.name, kTorchvisionWidth);
        return made;
    }
    const std::string norm =
        options_.norm == NormKind::group ? "norm_layer=lambda channels: nn.GroupNorm(32, channels)" : "";
    std::string stem;
    if (options_.cifar_stem) {
        stem = fmt::format("; model.conv1 = nn.Conv2d({}, 64, 3, padding=1, bias=False); model.maxpool = nn.Identity()",
                           options_.channels);
    } else if (options_.channels != 3) {
        stem = fmt::format("; model.conv1 = nn.Conv2d({}, 64, 7, stride=2, padding=3, bias=False)", options_.channels);
    }
    const auto model = [&](const std::string& arguments) {
        return fmt::format("import torchvision; from torch import nn; model = torchvision.models.{}({}){}",
                           options_.plan.name, arguments, stem);
    };
    made.python = {"torchvision", model(norm) + "; model.fc = nn.Identity()",
                   model("num_classes={classes}" + (norm.empty() ? "" : ", " + norm)), "fc"};
    return made;
}

} // namespace

BackboneMaker read_resnet(const BackboneRequest& request) {
    const auto* plan = std::find_if(kResNets.begin(), kResNets.end(),
                                    [&](const ResNetPlan& candidate) { return request.name == candidate.name; });
    const config::Section& model = request.model;
    const bool cifar_stem = model.choice({"stem", "first layers: cifar keeps the images' size (3x3, stride 1), "
                                                  "standard is ImageNet's for images of 96 pixels and more"},
                                         "cifar", {"cifar", "standard"}) == "cifar";
    const ResNetOptions options{
        *plan,
        cifar_stem,
        model.integer(
            {"width", "of the stem; later layers have 2, 4 and 8 times as many, bottlenecks 4 times that", "channels"},
            kTorchvisionWidth, {1, 4096}),
        norm_kind(model.choice({"norm", "normalisation; batch spans all ranks, group suits batches of few images"},
                               "batch", {"batch", "group"})),
        model.flag({"checkpoint", "keeps the inputs of blocks alone and computes each block again in the backward "
                                  "pass: less memory, more time, the same bits"},
                   false),
        request.shape.channels};
    return [options, shape = request.shape, &comm = request.comm] {
        return std::make_shared<ResNet>(options, shape, comm);
    };
}

} // namespace tacit::models
