// SPDX-License-Identifier: Apache-2.0
#include "models/heads/discriminator.hpp"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/types.h>

#include <algorithm>

namespace tacit::models {
namespace {

namespace nn = torch::nn;
constexpr std::int64_t kLargestMap = 4;
constexpr std::int64_t kMostDoublings = 3;
constexpr double kSlope = 0.2;
constexpr double kStart = 0.02;

} // namespace

DiscriminatorImpl::DiscriminatorImpl(const DiscriminatorOptions& options, augment::ImageShape shape,
                                     dist::Communicator& comm) {
    std::int64_t in = shape.channels;
    std::int64_t height = shape.height;
    std::int64_t width = shape.width;
    for (std::int64_t i = 0; std::max(height, width) > kLargestMap && std::min(height, width) > 1; ++i) {
        const auto out = options.width << std::min(i, kMostDoublings);
        const bool normalised = i > 0 && !options.spectral_norm;
        Stage stage;
        stage.conv = register_module(fmt::format("conv{}", i + 1),
                                     nn::Conv2d(nn::Conv2dOptions(in, out, 4).stride(2).padding(1).bias(!normalised)));
        nn::init::normal_(stage.conv->weight, 0, kStart);
        if (normalised) {
            stage.norm = register_module(fmt::format("norm{}", i + 1), dist::BatchNorm(out, comm));
        } else {
            nn::init::zeros_(stage.conv->bias);
        }
        if (options.spectral_norm) {
            stage.spectral = register_module(fmt::format("spectral{}", i + 1), SpectralNorm(stage.conv->weight));
        }
        stages_.push_back(stage);
        in = out;
        height /= 2;
        width /= 2;
    }
    out_ = register_module("out", nn::Linear(in * height * width, 1));
    nn::init::normal_(out_->weight, 0, kStart);
    nn::init::zeros_(out_->bias);
    if (options.spectral_norm) {
        out_spectral_ = register_module("spectral_out", SpectralNorm(out_->weight));
    }
}

at::Tensor DiscriminatorImpl::forward(const at::Tensor& images) {
    const auto weight_of = [](const at::Tensor& weight, const SpectralNorm& spectral) {
        return spectral.is_empty() ? weight : spectral->divided(weight);
    };
    auto map = images;
    for (Stage& stage : stages_) {
        map = torch::conv2d(map, weight_of(stage.conv->weight, stage.spectral), stage.conv->bias, 2, 1);
        if (!stage.norm.is_empty()) {
            map = stage.norm->forward(map);
        }
        map = torch::leaky_relu(map, kSlope);
    }
    return torch::linear(map.flatten(1), weight_of(out_->weight, out_spectral_), out_->bias).squeeze(1);
}

void DiscriminatorImpl::after_step() {
    for (Stage& stage : stages_) {
        if (!stage.spectral.is_empty()) {
            stage.spectral->iterate(stage.conv->weight);
        }
    }
    if (!out_spectral_.is_empty()) {
        out_spectral_->iterate(out_->weight);
    }
}

} // namespace tacit::models
