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
#include <string>
#include <utility>
#include <vector>

namespace tacit::models {
namespace {

namespace nn = torch::nn;
constexpr std::int64_t kGrid = 2; ///< the map is pooled to kGrid x kGrid cells

/// What convolutions are followed by, and what batch norms span.
struct NormChoice {
    std::string kind;
    dist::Communicator& comm;
};

/// 3x3 convolution, norm and ReLU.
class ConvNorm : public nn::Module {
  public:
    ConvNorm(std::int64_t in, std::int64_t out, std::int64_t stride, const NormChoice& norm)
        : norm_(norm_kind(norm.kind), out, norm.comm) {
        const bool bias = norm_.module() == nullptr;
        conv_ = nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride).padding(1).bias(bias));
        nn::init::kaiming_normal_(conv_->weight, 0.0, torch::kFanOut, torch::kReLU);
        register_module("conv", conv_);
        if (const auto norm_module = norm_.module()) {
            register_module("norm", norm_module);
        }
    }

    /// `residual` is added before the ReLU.
    at::Tensor forward(const at::Tensor& input, const at::Tensor& residual = {}) {
        return norm_.relu(conv_(input), residual);
    }

  private:
    nn::Conv2d conv_ = nullptr;
    Norm norm_;
};

class Residual : public nn::Module {
  public:
    Residual(std::int64_t channels, const NormChoice& norm) {
        first_ = register_module("first", std::make_shared<ConvNorm>(channels, channels, 1, norm));
        second_ = register_module("second", std::make_shared<ConvNorm>(channels, channels, 1, norm));
    }

    at::Tensor forward(const at::Tensor& input) { return second_->forward(first_->forward(input), input); }

  private:
    std::shared_ptr<ConvNorm> first_, second_;
};

class ConvNet : public Backbone {
  public:
    ConvNet(std::int64_t width, augment::ImageShape shape, const NormChoice& norm)
        : width_(width), norm_(norm.kind),
          map_{.channels = 16 * width, .height = (shape.height + 7) / 8, .width = (shape.width + 7) / 8},
          rows_(std::min(map_.height, kGrid)), columns_(std::min(map_.width, kGrid)) {
        conv1_ = register_module("conv1", std::make_shared<ConvNorm>(shape.channels, width, 1, norm));
        conv2_ = register_module("conv2", std::make_shared<ConvNorm>(width, 2 * width, 2, norm));
        residual2_ = register_module("residual2", std::make_shared<Residual>(2 * width, norm));
        conv3_ = register_module("conv3", std::make_shared<ConvNorm>(2 * width, 4 * width, 2, norm));
        residual3_ = register_module("residual3", std::make_shared<Residual>(4 * width, norm));
        conv4_ = register_module("conv4", std::make_shared<ConvNorm>(4 * width, 8 * width, 2, norm));
        conv5_ = register_module("conv5", std::make_shared<ConvNorm>(8 * width, 16 * width, 1, norm));
    }

    at::Tensor forward(const at::Tensor& images) override {
        return torch::adaptive_avg_pool2d(feature_map(images), {rows_, columns_}).flatten(1);
    }

    std::vector<std::string> layer_names() const override {
        return {"conv1", "residual2", "residual3", "conv4", "conv5"};
    }
    std::int64_t feature_dim() const override { return map_.channels * rows_ * columns_; }
    MapShape map_shape() const override { return map_; }
    Architecture architecture() const override {
        std::vector<std::pair<std::string, std::string>> shaped = {{"width", fmt::format("{}", width_)}};
        if (norm_ != "batch") {
            shaped.emplace_back("norm", norm_);
        }
        return {"convnet", shaped, std::nullopt};
    }
    std::string unfit(std::int64_t height, std::int64_t width) const override {
        return too_small(height, width, 8, "raise augment.size or use the backbone mlp");
    }

  protected:
    at::Tensor encode(const at::Tensor& images, LayerTap& tap) override {
        auto map = conv1_->forward(images);
        tap.take("conv1", map);
        map = residual2_->forward(conv2_->forward(map));
        tap.take("residual2", map);
        map = residual3_->forward(conv3_->forward(map));
        tap.take("residual3", map);
        map = conv4_->forward(map);
        tap.take("conv4", map);
        map = conv5_->forward(map);
        tap.take("conv5", map);
        return map;
    }

  private:
    std::int64_t width_;
    std::string norm_;
    MapShape map_;
    std::int64_t rows_, columns_; ///< cells that the map is averaged over
    std::shared_ptr<ConvNorm> conv1_, conv2_, conv3_, conv4_, conv5_;
    std::shared_ptr<Residual> residual2_, residual3_;
};

} // namespace

BackboneMaker read_convnet(const BackboneRequest& request) {
    const auto width = request.model.integer(
        {"width", "of the first convolution; the later four have 2, 4, 8 and 16 times as many", "channels"}, 16,
        {1, 1024});
    const auto norm = request.model.choice({"norm", "of each convolution"}, "batch", {"none", "batch", "group"});
    return [width, norm, shape = request.shape, &comm = request.comm] {
        return std::make_shared<ConvNet>(width, shape, NormChoice{norm, comm});
    };
}

} // namespace tacit::models
