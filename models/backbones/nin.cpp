// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/batch_norm.hpp"
#include "models/backbones/families.hpp"
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
constexpr std::int64_t kLayersOfBlock = 3;

class NetworkInNetwork : public Backbone {
  public:
    NetworkInNetwork(std::int64_t width, std::int64_t blocks, augment::ImageShape shape, dist::Communicator& comm)
        : width_(width), blocks_(blocks), map_{width, (shape.height + 3) / 4, (shape.width + 3) / 4} {
        std::int64_t in = shape.channels;
        for (std::int64_t block = 1; block <= blocks; ++block) {
            const auto parent = register_module(block_name(block), std::make_shared<nn::Module>());
            const std::array<std::int64_t, kLayersOfBlock> channels = {width, block == 1 ? width * 5 / 6 : width,
                                                                       block == 1 ? width / 2 : width};
            for (std::size_t layer = 0; layer < channels.size(); ++layer) {
                const std::int64_t kernel = layer > 0 ? 1 : block <= 2 ? 5 : 3;
                const auto part = parent->register_module(fmt::format("{}", layer), std::make_shared<nn::Module>());
                nn::Conv2d conv(nn::Conv2dOptions(in, channels[layer], kernel).padding(kernel / 2).bias(false));
                nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
                convs_.push_back(part->register_module("conv", conv));
                norms_.push_back(part->register_module("norm", dist::BatchNorm(channels[layer], comm)));
                in = channels[layer];
            }
        }
    }

    std::vector<std::string> layer_names() const override {
        std::vector<std::string> names;
        for (std::int64_t block = 1; block <= blocks_; ++block) {
            names.push_back(block_name(block));
        }
        return names;
    }
    std::int64_t feature_dim() const override { return map_.channels; }
    MapShape map_shape() const override { return map_; }
    Architecture architecture() const override {
        return {"nin", {{"width", fmt::format("{}", width_)}, {"blocks", fmt::format("{}", blocks_)}}, std::nullopt};
    }
    std::string unfit(std::int64_t height, std::int64_t width) const override {
        return too_small(height, width, 8, "raise augment.size");
    }
    std::string slow(std::int64_t height, std::int64_t width) const override {
        constexpr std::int64_t kLarge = 96 * 96; // pixels
        return height * width <= kLarge ? ""
                                        : fmt::format("nin keeps images of {}x{} pixels at their size in its first "
                                                      "block: a step takes long; alexnet and the ResNets with "
                                                      "model.stem standard are made for such",
                                                      height, width);
    }

  protected:
    at::Tensor encode(const at::Tensor& images, LayerTap& tap) override {
        at::Tensor map = images;
        for (std::size_t i = 0; i < convs_.size(); ++i) {
            map = norms_[i]->forward_relu(convs_[i](map));
            if ((i + 1) % kLayersOfBlock != 0) {
                continue;
            }
            const auto block = static_cast<std::int64_t>(i + 1) / kLayersOfBlock;
            if (block == 1) {
                map = torch::max_pool2d(map, 3, 2, 1);
            } else if (block == 2) {
                map = torch::avg_pool2d(map, 3, 2, 1);
            }
            tap.take(block_name(block), map);
        }
        return map;
    }

  private:
    static std::string block_name(std::int64_t block) { return fmt::format("block{}", block); }

    std::int64_t width_, blocks_;
    MapShape map_;
    std::vector<nn::Conv2d> convs_;
    std::vector<dist::BatchNorm> norms_;
};

} // namespace

BackboneMaker read_nin(const BackboneRequest& request) {
    constexpr std::int64_t kWidth = 192;
    const auto width = request.model.integer(
        {"width", "of every convolution but those of the first block that narrow; a multiple of 6", "channels"}, kWidth,
        {6, 1536});
    if (width % 6 != 0) {
        request.model.fail("width", fmt::format("nin needs a multiple of 6, got {}: its first block narrows from the "
                                                "whole to five sixths and a half",
                                                width));
    }
    const auto blocks = request.model.integer({"blocks", "of three convolutions each"}, 4, {2, 5});
    return [width, blocks, shape = request.shape, &comm = request.comm] {
        return std::make_shared<NetworkInNetwork>(width, blocks, shape, comm);
    };
}

} // namespace tacit::models
