// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/convnet.hpp"

#include "dist/batch_norm.hpp"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

#include <algorithm>

namespace tacit::models {
namespace {

namespace nn = torch::nn;
constexpr int kMinimumHeight = 8;
constexpr std::int64_t kGrid = 2; ///< the map is pooled to kGrid x kGrid cells

/// 3x3 convolution and batch norm.
class ConvNorm : public nn::Module {
  public:
    ConvNorm(std::int64_t in, std::int64_t out, std::int64_t stride, dist::Communicator& comm) {
        conv_ = nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride).padding(1).bias(false));
        nn::init::kaiming_normal_(conv_->weight, 0.0, torch::kFanOut, torch::kReLU);
        register_module("conv", conv_);
        norm_ = register_module("norm", dist::BatchNorm(out, comm));
    }

    at::Tensor forward(const at::Tensor& input) { return norm_(conv_(input)); }

  private:
    nn::Conv2d conv_ = nullptr;
    dist::BatchNorm norm_ = nullptr;
};

class Residual : public nn::Module {
  public:
    Residual(std::int64_t channels, dist::Communicator& comm) {
        first_ = register_module("first", std::make_shared<ConvNorm>(channels, channels, 1, comm));
        second_ = register_module("second", std::make_shared<ConvNorm>(channels, channels, 1, comm));
    }

    at::Tensor forward(const at::Tensor& input) {
        return second_->forward(first_->forward(input).relu_()).add_(input).relu_();
    }

  private:
    std::shared_ptr<ConvNorm> first_, second_;
};

class ConvNet : public Backbone {
  public:
    ConvNet(std::int64_t channels, std::int64_t width, std::int64_t size, dist::Communicator& comm)
        : map_{.channels = 16 * width, .size = (size + 7) / 8}, grid_(std::min(map_.size, kGrid)) {
        conv1_ = register_module("conv1", std::make_shared<ConvNorm>(channels, width, 1, comm));
        conv2_ = register_module("conv2", std::make_shared<ConvNorm>(width, 2 * width, 2, comm));
        residual2_ = register_module("residual2", std::make_shared<Residual>(2 * width, comm));
        conv3_ = register_module("conv3", std::make_shared<ConvNorm>(2 * width, 4 * width, 2, comm));
        residual3_ = register_module("residual3", std::make_shared<Residual>(4 * width, comm));
        conv4_ = register_module("conv4", std::make_shared<ConvNorm>(4 * width, 8 * width, 2, comm));
        conv5_ = register_module("conv5", std::make_shared<ConvNorm>(8 * width, 16 * width, 1, comm));
    }

    at::Tensor feature_map(const at::Tensor& images) override {
        auto map = conv1_->forward(images).relu_();
        map = residual2_->forward(conv2_->forward(map).relu_());
        map = residual3_->forward(conv3_->forward(map).relu_());
        map = conv4_->forward(map).relu_();
        return conv5_->forward(map).relu_();
    }

    at::Tensor forward(const at::Tensor& images) override {
        return torch::adaptive_avg_pool2d(feature_map(images), {grid_, grid_}).flatten(1);
    }

    std::int64_t feature_dim() const override { return map_.channels * grid_ * grid_; }
    MapShape map_shape() const override { return map_; }

  private:
    MapShape map_;
    std::int64_t grid_;
    std::shared_ptr<ConvNorm> conv1_, conv2_, conv3_, conv4_, conv5_;
    std::shared_ptr<Residual> residual2_, residual3_;
};

} // namespace

std::shared_ptr<Backbone> make_convnet(const config::Section& model, augment::ImageShape shape,
                                       dist::Communicator& comm) {
    const auto width = model.integer("width", 16, {1, 1024});
    if (shape.height < kMinimumHeight) {
        model.fail("backbone", fmt::format("convnet needs images of at least {0}x{0} pixels, got {1}x{1}; raise "
                                           "augment.size or use the backbone mlp",
                                           kMinimumHeight, shape.height));
    }
    return std::make_shared<ConvNet>(shape.channels, width, shape.height, comm);
}

} // namespace tacit::models
