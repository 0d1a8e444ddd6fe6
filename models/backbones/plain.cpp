// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/families.hpp"
#include "models/backbones/parts/norm.hpp"
#include "models/backbones/parts/sizes.hpp"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <vector>

namespace tacit::models {
namespace {

namespace nn = torch::nn;

/// A convolution with its norm and ReLU, or a max-pool, which has no channels of its own.
struct PlainStep {
    std::int64_t out, kernel, stride, padding;
    std::int64_t size_after(std::int64_t size) const {
        const std::int64_t room = size + 2 * padding - kernel;
        return room < 0 ? 0 : room / stride + 1;
    }
};

struct PlainOptions {
    std::string name;
    bool cifar_stem = false; ///< alexnet: 3x3 of stride 1 instead of 11x11 of stride 4
    std::int64_t width = kTorchvisionWidth, channels = 3;
    std::string norm;
    bool is_alexnet() const { return name == "alexnet"; }
    std::int64_t scaled(std::int64_t out) const { return out * width / kTorchvisionWidth; }
};

std::vector<PlainStep> alexnet_steps(bool cifar_stem) {
    constexpr PlainStep kPool{0, 3, 2, 0};
    return {cifar_stem ? PlainStep{64, 3, 1, 1} : PlainStep{64, 11, 4, 2},
            kPool,
            {192, 5, 1, 2},
            kPool,
            {384, 3, 1, 1},
            {256, 3, 1, 1},
            {256, 3, 1, 1},
            kPool};
}

std::vector<PlainStep> vgg_steps(const std::string& name) {
    const int early = name == "vgg11" ? 1 : 2; // convolutions of the first two stages, and of the others
    const int late = name == "vgg16" ? 3 : name == "vgg19" ? 4 : 2;
    std::vector<PlainStep> steps;
    constexpr std::array<std::int64_t, 5> kChannels = {64, 128, 256, 512, 512};
    for (std::size_t stage = 0; stage < kChannels.size(); ++stage) {
        steps.insert(steps.end(), static_cast<std::size_t>(stage < 2 ? early : late), {kChannels[stage], 3, 1, 1});
        steps.push_back({0, 2, 2, 0});
    }
    return steps;
}

class PlainNet : public Backbone {
  public:
    PlainNet(const PlainOptions& options, augment::ImageShape shape, dist::Communicator& comm)
        : options_(options),
          steps_(options.is_alexnet() ? alexnet_steps(options.cifar_stem) : vgg_steps(options.name)) {
        const auto features = register_module("features", std::make_shared<nn::Module>());
        const NormKind kind = norm_kind(options.norm);
        int place = 0; // counted as in torchvision, where ReLU and pools have one, too
        std::int64_t in = options.channels;
        for (const PlainStep& step : steps_) {
            if (step.out == 0) {
                ++place;
                continue;
            }
            const std::int64_t out = options.scaled(step.out);
            nn::Conv2d conv(nn::Conv2dOptions(in, out, step.kernel).stride(step.stride).padding(step.padding));
            nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
            nn::init::zeros_(conv->bias);
            convs_.push_back(features->register_module(fmt::format("{}", place++), conv));
            norms_.emplace_back(kind, out, comm);
            if (kind != NormKind::none) {
                features->register_module(fmt::format("{}", place++), norms_.back().module());
            }
            ++place;
            in = out;
        }
        map_ = {in, size_after(shape.height), size_after(shape.width)};
    }

    std::vector<std::string> layer_names() const override {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < convs_.size(); ++i) {
            names.push_back(fmt::format("conv{}", i + 1));
        }
        names.emplace_back("pool");
        return names;
    }
    std::int64_t feature_dim() const override { return map_.channels; }
    MapShape map_shape() const override { return map_; }
    Architecture architecture() const override;

    std::string unfit(std::int64_t height, std::int64_t width) const override {
        std::int64_t least = 1;
        while (size_after(least) == 0) {
            ++least;
        }
        return too_small(height, width, least,
                         options_.is_alexnet() && !options_.cifar_stem ? "use stem: cifar" : "raise augment.size");
    }

  protected:
    at::Tensor encode(const at::Tensor& images, LayerTap& tap) override {
        at::Tensor map = images;
        std::size_t conv = 0;
        for (const PlainStep& step : steps_) {
            if (step.out == 0) {
                map = torch::max_pool2d(map, step.kernel, step.stride);
                continue;
            }
            map = norms_[conv].relu(convs_[conv](map));
            tap.take(fmt::format("conv{}", ++conv), map);
        }
        tap.take("pool", map);
        return map;
    }

  private:
    /// Height or width of the map of images of `size` pixels; 0 where they are too small.
    std::int64_t size_after(std::int64_t size) const {
        for (const PlainStep& step : steps_) {
            size = step.size_after(size);
        }
        return size;
    }

    PlainOptions options_;
    std::vector<PlainStep> steps_;
    MapShape map_{};
    std::vector<nn::Conv2d> convs_;
    std::vector<Norm> norms_;
};

Architecture PlainNet::architecture() const {
    Architecture made{
        options_.name, {{"width", fmt::format("{}", options_.width)}, {"norm", options_.norm}}, std::nullopt};
    const bool has_norm = options_.is_alexnet() ? options_.norm == "none" : options_.norm != "group";
    if (options_.width != kTorchvisionWidth || !has_norm) {
        made.remedy = fmt::format("torchvision's {} has width 64 and norm {}", options_.name,
                                  options_.is_alexnet() ? "none" : "batch or none");
        return made;
    }
    std::string model = fmt::format("import torchvision; from torch import nn; model = torchvision.models.{}{}(); ",
                                    options_.name, options_.norm == "batch" ? "_bn" : "");
    if (options_.channels != 3 || options_.cifar_stem) {
        model +=
            fmt::format("model.features[0] = nn.Conv2d({}, 64, {}); ", options_.channels,
                        options_.is_alexnet() && !options_.cifar_stem ? "11, stride=4, padding=2" : "3, padding=1");
    }
    model += "model.avgpool = nn.AdaptiveAvgPool2d(1); model.classifier = nn.";
    made.python = {"torchvision", model + "Identity()", model + fmt::format("Linear({}, {{classes}})", map_.channels),
                   "classifier"};
    return made;
}

} // namespace

BackboneMaker read_plain(const BackboneRequest& request) {
    const config::Section& model = request.model;
    PlainOptions options;
    options.name = request.name;
    options.cifar_stem =
        options.is_alexnet() &&
        model.choice({"stem", "first convolution: cifar is 3x3 of stride 1, standard 11x11 of stride 4"}, "cifar",
                     {"cifar", "standard"}) == "cifar";
    options.width = model.integer({"width", "of the first convolution", "channels"}, kTorchvisionWidth, {1, 4096});
    options.norm = model.choice({"norm", "normalisation after each convolution; none is the paper's"}, "batch",
                                {"none", "batch", "group"});
    options.channels = request.shape.channels;
    return [options, shape = request.shape, &comm = request.comm] {
        return std::make_shared<PlainNet>(options, shape, comm);
    };
}

} // namespace tacit::models
