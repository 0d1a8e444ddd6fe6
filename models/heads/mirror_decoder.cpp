// SPDX-License-Identifier: Apache-2.0
#include "models/heads/mirror_decoder.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <utility>

namespace tacit::models {

namespace nn = torch::nn;

MirrorDecoder::MirrorDecoder(std::vector<nn::Linear> encoder, const MlpOptions& options, bool tied,
                             augment::ImageShape shape, dist::Communicator& comm)
    : shape_(shape), encoder_(std::move(encoder)), activation_(options.activation) {
    const NormKind kind = norm_kind(options.norm);
    for (std::size_t i = 0; i < encoder_.size(); ++i) {
        const auto inputs = encoder_[i]->weight.size(1); // of the encoder, which are outputs here
        norms_.emplace_back(i == 0 ? NormKind::none : kind, inputs, comm);
        if (const auto norm = norms_.back().module()) {
            register_module(fmt::format("norm{}", i + 1), norm);
        }
        if (tied) {
            biases_.push_back(register_parameter(fmt::format("bias{}", i + 1), torch::zeros({inputs})));
        } else {
            linears_.push_back(
                register_module(fmt::format("linear{}", i + 1), nn::Linear(encoder_[i]->weight.size(0), inputs)));
        }
    }
}

at::Tensor MirrorDecoder::layer(std::size_t i, const at::Tensor& output) {
    const auto input =
        linears_.empty() ? torch::linear(output, encoder_[i]->weight.t(), biases_[i]) : linears_[i](output);
    return i == 0 ? input : activation_(norms_[i], input);
}

at::Tensor MirrorDecoder::forward(const at::Tensor& code) {
    auto input = code.flatten(1);
    for (std::size_t i = encoder_.size(); i-- > 0;) {
        input = layer(i, input);
    }
    return input.view({code.size(0), shape_.channels, shape_.height, shape_.width});
}

std::string MirrorDecoder::describe() const {
    std::string text = fmt::format("{}", encoder_.back()->weight.size(0));
    for (std::size_t i = encoder_.size(); i-- > 0;) {
        text += fmt::format(" -> {}", encoder_[i]->weight.size(1));
    }
    return fmt::format("{}{} = {} x {} x {}", text, linears_.empty() ? " (tied)" : "", shape_.channels, shape_.height,
                       shape_.width);
}

} // namespace tacit::models
