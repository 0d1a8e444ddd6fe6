// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/families.hpp"

#include "dist/norm/batch_norm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

namespace tacit::models {
namespace {

namespace nn = torch::nn;

class Mlp : public Backbone {
  public:
    Mlp(augment::ImageShape shape, const std::vector<std::int64_t>& hidden, dist::Communicator& comm)
        : shape_(shape), hidden_(hidden) {
        auto inputs = static_cast<std::int64_t>(shape.values());
        for (std::size_t i = 0; i < hidden.size(); ++i) {
            nn::Linear linear(nn::LinearOptions(inputs, hidden[i]).bias(false));
            nn::init::kaiming_normal_(linear->weight, 0.0, torch::kFanIn, torch::kReLU);
            linears_.push_back(register_module(fmt::format("linear{}", i + 1), linear));
            norms_.push_back(register_module(fmt::format("norm{}", i + 1), dist::BatchNorm(hidden[i], comm)));
            inputs = hidden[i];
        }
    }

    at::Tensor forward(const at::Tensor& images) override { return feature_map(images).flatten(1); }

    std::vector<std::string> layer_names() const override {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < hidden_.size(); ++i) {
            names.push_back(fmt::format("norm{}", i + 1));
        }
        return names;
    }
    std::int64_t feature_dim() const override { return hidden_.back(); }
    MapShape map_shape() const override { return {feature_dim(), 1, 1}; }
    Architecture architecture() const override {
        return {"mlp", {{"hidden", fmt::format("[{}]", fmt::join(hidden_, ", "))}}, std::nullopt};
    }
    std::string unfit(std::int64_t height, std::int64_t width) const override {
        return height == shape_.height && width == shape_.width
                   ? ""
                   : fmt::format("was made for images of {}x{} pixels and takes no others, got {}x{}", shape_.height,
                                 shape_.width, height, width);
    }

  protected:
    at::Tensor encode(const at::Tensor& images, LayerTap& tap) override {
        auto features = images.flatten(1);
        for (std::size_t i = 0; i < linears_.size(); ++i) {
            features = norms_[i]->forward_relu(linears_[i](features));
            tap.take(fmt::format("norm{}", i + 1), features.unsqueeze(-1).unsqueeze(-1));
        }
        return features.unsqueeze(-1).unsqueeze(-1);
    }

  private:
    augment::ImageShape shape_;
    std::vector<std::int64_t> hidden_;
    std::vector<nn::Linear> linears_;
    std::vector<dist::BatchNorm> norms_;
};

} // namespace

BackboneMaker read_mlp(const BackboneRequest& request) {
    const auto hidden = request.model.integers({"hidden", "of each layer; the last is the features'", "dimensions"},
                                               {512, 256}, {1, 65536});
    if (hidden.empty()) {
        request.model.fail("hidden", "needs at least one layer size, such as [512, 256]");
    }
    return [hidden, shape = request.shape, &comm = request.comm] { return std::make_shared<Mlp>(shape, hidden, comm); };
}

} // namespace tacit::models
