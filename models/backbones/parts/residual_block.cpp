// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/parts/residual_block.hpp"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/types.h>

#include <limits>

namespace tacit::models {

namespace nn = torch::nn;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    nn::Conv2d conv(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
    nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
    return conv;
}

/// The shortcut of a block whose output has another shape: 1x1 convolution and norm.
class ResidualBlock::Downsample : public nn::Module {
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

ResidualBlock::ResidualBlock(const ResidualOptions& options, dist::Communicator& comm) {
    const auto add = [&](std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
        const auto place = convs_.size() + 1;
        convs_.push_back(register_module(fmt::format("conv{}", place), convolution(in, out, kernel, stride)));
        norms_.emplace_back(options.norm, out, comm);
        register_module(fmt::format("bn{}", place), norms_.back().module());
    };
    if (options.bottleneck) {
        add(options.in, options.inner, 1, 1);
        add(options.inner, options.inner, 3, options.stride);
        add(options.inner, options.out, 1, 1);
    } else {
        add(options.in, options.out, 3, options.stride);
        add(options.out, options.out, 3, 1);
    }
    if (options.stride != 1 || options.in != options.out) {
        downsample_ = register_module(
            "downsample", std::make_shared<Downsample>(options.in, options.out, options.stride, options.norm, comm));
    }
}

at::Tensor ResidualBlock::forward(const at::Tensor& input) {
    at::Tensor hidden = input;
    const std::size_t last = convs_.size() - 1;
    for (std::size_t i = 0; i < last; ++i) {
        hidden = norms_[i].relu(convs_[i](hidden));
    }
    hidden = convs_[last](hidden);
    return norms_[last].relu(hidden, downsample_ == nullptr ? input : downsample_->forward(input));
}

} // namespace tacit::models
