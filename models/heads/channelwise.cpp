// SPDX-License-Identifier: Apache-2.0
#include "models/heads/channelwise.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace tacit::models {

ChannelwiseImpl::ChannelwiseImpl(const MapShape& map, dist::Communicator& comm) {
    const auto places = map.height * map.width;
    const double bound = 1 / std::sqrt(static_cast<double>(places)); // as linear layers start
    const auto start = [&](at::IntArrayRef sizes) { return torch::empty(sizes).uniform_(-bound, bound); };
    weight_ = register_parameter("weight", start({map.channels, places, places}));
    bias_ = register_parameter("bias", start({map.channels, 1, places}));
    mix_ =
        register_module("mix", torch::nn::Conv2d(torch::nn::Conv2dOptions(map.channels, map.channels, 1).bias(false)));
    norm_ = register_module("norm", dist::BatchNorm(map.channels, comm));
}

at::Tensor ChannelwiseImpl::forward(const at::Tensor& map) {
    const auto rows = map.flatten(2).transpose(0, 1); // [C, N, h w]
    const auto joined = torch::baddbmm(bias_, rows, weight_).transpose(0, 1).reshape(map.sizes());
    return norm_->forward_relu(mix_(joined.contiguous(at::MemoryFormat::ChannelsLast)));
}

} // namespace tacit::models
