// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/families.hpp"
#include "models/backbones/parts/norm.hpp"
#include "models/backbones/parts/recompute.hpp"
#include "models/backbones/parts/sizes.hpp"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <limits>
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

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    nn::Conv2d conv(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
    nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
    return conv;
}

/// The shortcut of a block whose output has another shape: 1x1 convolution and norm.
class Downsample : public nn::Module {
  public:
    Downsample(std::int64_t in, std::int64_t out, std::int64_t stride, NormKind kind, dist::Communicator& comm)
        // oneDNN writes beyond its memory in the gradient of strided 1 x 1 kernels over fewer channels than a
        // vector has (channels last; oneDNN issue 6035): those get every stride-th pixel and no stride.
        : every_(in < kVectorChannels ? stride : 1), conv_(convolution(in, out, 1, stride / every_)),
          norm_(kind, out, comm) {
        register_module("0", conv_);
        register_module("1", norm_.module());
    }

    at::Tensor forward(const at::Tensor& input) {
        constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
        return norm_(conv_(every_ == 1 ? input : input.slice(2, 0, kEnd, every_).slice(3, 0, kEnd, every_)));
    }

  private:
    static constexpr std::int64_t kVectorChannels = 16;
    std::int64_t every_;
    nn::Conv2d conv_;
    Norm norm_;
};

class ResidualBlock : public nn::Module {
  public:
    ResidualBlock(std::int64_t in, std::int64_t planes, std::int64_t stride, const ResNetOptions& options,
                  dist::Communicator& comm) {
        const std::int64_t out = planes * options.expansion();
        const std::int64_t inner = planes * options.plan.widened;
        if (options.plan.bottleneck) {
            add(in, inner, 1, 1, options.norm, comm);
            add(inner, inner, 3, stride, options.norm, comm);
            add(inner, out, 1, 1, options.norm, comm);
        } else {
            add(in, out, 3, stride, options.norm, comm);
            add(out, out, 3, 1, options.norm, comm);
        }
        if (stride != 1 || in != out) {
            downsample_ =
                register_module("downsample", std::make_shared<Downsample>(in, out, stride, options.norm, comm));
        }
    }

    at::Tensor forward(const at::Tensor& input) {
        at::Tensor hidden = input;
        for (std::size_t i = 0; i < convs_.size(); ++i) {
            hidden = norms_[i](convs_[i](hidden));
            if (i + 1 < convs_.size()) {
                hidden.relu_();
            }
        }
        return hidden.add_(downsample_ == nullptr ? input : downsample_->forward(input)).relu_();
    }

  private:
    void add(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, NormKind kind,
             dist::Communicator& comm) {
        const auto place = convs_.size() + 1;
        convs_.push_back(register_module(fmt::format("conv{}", place), convolution(in, out, kernel, stride)));
        norms_.emplace_back(kind, out, comm);
        register_module(fmt::format("bn{}", place), norms_.back().module());
    }

    std::vector<nn::Conv2d> convs_;
    std::vector<Norm> norms_;
    std::shared_ptr<Downsample> downsample_;
};

class ResNet : public Backbone {
  public:
    ResNet(const ResNetOptions& options, augment::ImageShape shape, dist::Communicator& comm)
        : options_(options), map_{.channels = 8 * options.width * options.expansion(),
                                  .height = shape.height,
                                  .width = shape.width},
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
                layers_.back().push_back(std::make_shared<ResidualBlock>(in, planes, stride, options, comm));
                blocks->push_back(layers_.back().back());
                in = planes * options.expansion();
            }
            register_module(fmt::format("layer{}", layer + 1), blocks);
        }
    }

    std::vector<std::string> layer_names() const override { return {"stem", "layer1", "layer2", "layer3", "layer4"}; }
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
        auto map = bn1_(conv1_(images)).relu_();
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

std::shared_ptr<Backbone> make_resnet(const BackboneRequest& request) {
    const auto* plan = std::find_if(kResNets.begin(), kResNets.end(),
                                    [&](const ResNetPlan& candidate) { return request.name == candidate.name; });
    const config::Section& model = request.model;
    const bool cifar_stem = model.choice("stem", "cifar", {"cifar", "standard"}) == "cifar";
    const ResNetOptions options{*plan,
                                cifar_stem,
                                model.integer("width", kTorchvisionWidth, {1, 4096}),
                                norm_kind(model.choice("norm", "batch", {"batch", "group"})),
                                model.flag("checkpoint", false),
                                request.shape.channels};
    return std::make_shared<ResNet>(options, request.shape, request.comm);
}

} // namespace tacit::models
