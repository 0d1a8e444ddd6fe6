// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/resnet.hpp"

#include "dist/batch_norm.hpp"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

#include <limits>

namespace tacit::models {
namespace {

namespace nn = torch::nn;
constexpr std::int64_t kMinimumSize = 8;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    nn::Conv2d conv(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
    nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
    return conv;
}

class BasicBlock : public nn::Module {
  public:
    BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride, dist::Communicator& comm) {
        conv1_ = register_module("conv1", convolution(in, out, 3, stride));
        bn1_ = register_module("bn1", dist::BatchNorm(out, comm));
        conv2_ = register_module("conv2", convolution(out, out, 3, 1));
        bn2_ = register_module("bn2", dist::BatchNorm(out, comm));
        if (stride != 1 || in != out) {
            // oneDNN writes beyond its memory in the gradient of strided 1 x 1 kernels over fewer channels than a
            // vector has (channels last; oneDNN issue 6035): those get every stride-th pixel and no stride.
            every_ = in < kVectorChannels ? stride : 1;
            downsample_ = nn::Sequential(convolution(in, out, 1, stride / every_), dist::BatchNorm(out, comm));
            register_module("downsample", downsample_);
        }
    }

    at::Tensor forward(const at::Tensor& input) {
        auto hidden = bn1_(conv1_(input)).relu_();
        hidden = bn2_(conv2_(hidden));
        return hidden.add_(downsample_.is_empty() ? input : downsample_->forward(thinned(input))).relu_();
    }

  private:
    at::Tensor thinned(const at::Tensor& input) const {
        constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
        return every_ == 1 ? input : input.slice(2, 0, kEnd, every_).slice(3, 0, kEnd, every_);
    }

    static constexpr std::int64_t kVectorChannels = 16;
    std::int64_t every_ = 1;
    nn::Conv2d conv1_ = nullptr, conv2_ = nullptr;
    dist::BatchNorm bn1_ = nullptr, bn2_ = nullptr;
    nn::Sequential downsample_ = nullptr;
};

class ResNet18 : public Backbone {
  public:
    ResNet18(const ResNetOptions& options, std::int64_t size, dist::Communicator& comm)
        : options_(options), map_size_(size) {
        const std::int64_t width = options.width;
        conv1_ = register_module("conv1", options.cifar_stem ? convolution(options.channels, width, 3, 1)
                                                             : convolution(options.channels, width, 7, 2));
        bn1_ = register_module("bn1", dist::BatchNorm(width, comm));
        if (!options.cifar_stem) {
            halve();
            halve();
        }
        std::int64_t in = width;
        for (std::int64_t layer = 0; layer < 4; ++layer) {
            const std::int64_t out = width << layer;
            const std::int64_t stride = layer == 0 ? 1 : 2;
            nn::Sequential blocks;
            blocks->push_back(std::make_shared<BasicBlock>(in, out, stride, comm));
            blocks->push_back(std::make_shared<BasicBlock>(out, out, 1, comm));
            layers_.push_back(register_module(fmt::format("layer{}", layer + 1), blocks));
            in = out;
            if (stride == 2) {
                halve();
            }
        }
    }

    at::Tensor feature_map(const at::Tensor& images) override {
        auto map = bn1_(conv1_(images)).relu_();
        if (!options_.cifar_stem) {
            map = torch::max_pool2d(map, 3, 2, 1);
        }
        for (auto& layer : layers_) {
            map = layer->forward(map);
        }
        return map;
    }

    std::int64_t feature_dim() const override { return 8 * options_.width; }
    MapShape map_shape() const override { return {feature_dim(), map_size_}; }
    const ResNetOptions& options() const { return options_; }

  private:
    void halve() { map_size_ = (map_size_ + 1) / 2; }

    ResNetOptions options_;
    std::int64_t map_size_;
    nn::Conv2d conv1_ = nullptr;
    dist::BatchNorm bn1_ = nullptr;
    std::vector<nn::Sequential> layers_;
};

} // namespace

std::shared_ptr<Backbone> make_resnet18(const ResNetOptions& options, std::int64_t size, dist::Communicator& comm) {
    return std::make_shared<ResNet18>(options, size, comm);
}

std::shared_ptr<Backbone> make_resnet18(const config::Section& model, augment::ImageShape shape,
                                        dist::Communicator& comm) {
    ResNetOptions options;
    options.cifar_stem = model.choice("stem", "cifar", {"cifar", "standard"}) == "cifar";
    options.width = model.integer("width", 64, {1, 4096});
    options.channels = shape.channels;
    const std::int64_t minimum = options.cifar_stem ? kMinimumSize : 4 * kMinimumSize;
    if (shape.height < minimum) {
        model.fail("backbone",
                   fmt::format("resnet18 with this stem needs images of at least {0}x{0} pixels, got {1}x{1}; "
                               "{2}",
                               minimum, shape.height, options.cifar_stem ? "raise augment.size" : "use stem: cifar"));
    }
    return make_resnet18(options, shape.height, comm);
}

const ResNetOptions* resnet_options(const Backbone& backbone) {
    const auto* resnet = dynamic_cast<const ResNet18*>(&backbone);
    return resnet == nullptr ? nullptr : &resnet->options();
}

} // namespace tacit::models
