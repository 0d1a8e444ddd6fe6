// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/mlp.hpp"

#include "dist/batch_norm.hpp"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

namespace tacit::models {
namespace {

namespace nn = torch::nn;

class Mlp : public Backbone {
  public:
    Mlp(std::int64_t inputs, const std::vector<std::int64_t>& hidden, dist::Communicator& comm)
        : feature_dim_(hidden.back()) {
        for (std::size_t i = 0; i < hidden.size(); ++i) {
            nn::Linear linear(nn::LinearOptions(i == 0 ? inputs : hidden[i - 1], hidden[i]).bias(false));
            nn::init::kaiming_normal_(linear->weight, 0.0, torch::kFanIn, torch::kReLU);
            linears_.push_back(register_module(fmt::format("linear{}", i + 1), linear));
            norms_.push_back(register_module(fmt::format("norm{}", i + 1), dist::BatchNorm(hidden[i], comm)));
        }
    }

    at::Tensor forward(const at::Tensor& images) override {
        auto features = images.flatten(1);
        for (std::size_t i = 0; i < linears_.size(); ++i) {
            features = norms_[i](linears_[i](features)).relu_();
        }
        return features;
    }

    at::Tensor feature_map(const at::Tensor& images) override { return forward(images).unsqueeze(-1).unsqueeze(-1); }
    std::int64_t feature_dim() const override { return feature_dim_; }
    MapShape map_shape() const override { return {feature_dim_, 1}; }

  private:
    std::int64_t feature_dim_;
    std::vector<nn::Linear> linears_;
    std::vector<dist::BatchNorm> norms_;
};

} // namespace

std::shared_ptr<Backbone> make_mlp(const config::Section& model, augment::ImageShape shape, dist::Communicator& comm) {
    const auto hidden = model.integers("hidden", {512, 256}, {1, 65536});
    if (hidden.empty()) {
        model.fail("hidden", "needs at least one layer size, such as [512, 256]");
    }
    return std::make_shared<Mlp>(static_cast<std::int64_t>(shape.bytes()), hidden, comm);
}

} // namespace tacit::models
