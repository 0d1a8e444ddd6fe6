// SPDX-License-Identifier: Apache-2.0
#include "models/heads/decoder.hpp"

#include "dist/batch_norm.hpp"

#include <fmt/format.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <algorithm>

namespace tacit::models {
namespace {

namespace nn = torch::nn;
constexpr std::int64_t kSmallestMap = 4;

/// The size that a vector is spread to before the doublings.
std::int64_t start_size(std::int64_t image_size) {
    auto size = image_size;
    while (size % 2 == 0 && size / 2 >= kSmallestMap) {
        size /= 2;
    }
    return size > 2 * kSmallestMap ? kSmallestMap : size;
}

class UpsamplingDecoder : public Decoder {
  public:
    UpsamplingDecoder(const DecoderOptions& options, augment::ImageShape shape, dist::Communicator& comm)
        : image_size_(shape.height), start_size_(options.size == 1 ? start_size(shape.height) : options.size) {
        std::int64_t doublings = 0;
        while ((start_size_ << (doublings + 1)) <= image_size_) {
            ++doublings;
        }
        const auto width_at = [&](std::int64_t halvings) {
            return std::min(options.width << halvings, std::max(options.channels, options.width));
        };
        start_channels_ = options.size == 1 ? width_at(doublings) : options.channels;
        if (options.size == 1) {
            spread_ = register_module(
                "spread",
                nn::Linear(
                    nn::LinearOptions(options.channels, start_channels_ * start_size_ * start_size_).bias(false)));
            spread_norm_ = register_module("spread_norm", dist::BatchNorm(start_channels_, comm));
        }
        auto in = start_channels_;
        for (std::int64_t stage = 1; stage <= doublings; ++stage) {
            const auto out = width_at(doublings - stage);
            add_stage(stage, in, out, comm);
            in = out;
        }
        out_ = register_module("out", nn::Conv2d(nn::Conv2dOptions(in, shape.channels, 3).padding(1)));
    }

    at::Tensor forward(const at::Tensor& code) override {
        auto map = code;
        if (!spread_.is_empty()) {
            map = spread_(code.flatten(1)).view({code.size(0), start_channels_, start_size_, start_size_});
            map = spread_norm_(map.contiguous(at::MemoryFormat::ChannelsLast)).relu_();
        }
        for (std::size_t stage = 0; stage < ups_.size(); ++stage) {
            map = norms_[stage](ups_[stage](map)).relu_();
        }
        if (map.size(2) != image_size_) {
            map = torch::upsample_bilinear2d(map, {image_size_, image_size_}, /*align_corners=*/false);
        }
        return out_(map);
    }

  private:
    void add_stage(std::int64_t stage, std::int64_t in, std::int64_t out, dist::Communicator& comm) {
        const nn::ConvTranspose2d up(nn::ConvTranspose2dOptions(in, out, 4).stride(2).padding(1).bias(false));
        ups_.push_back(register_module(fmt::format("up{}", stage), up));
        norms_.push_back(register_module(fmt::format("norm{}", stage), dist::BatchNorm(out, comm)));
    }

    std::int64_t image_size_, start_size_, start_channels_ = 0;
    nn::Linear spread_ = nullptr;
    dist::BatchNorm spread_norm_ = nullptr;
    std::vector<nn::ConvTranspose2d> ups_;
    std::vector<dist::BatchNorm> norms_;
    nn::Conv2d out_ = nullptr;
};

} // namespace

std::shared_ptr<Decoder> make_decoder(const DecoderOptions& options, augment::ImageShape shape,
                                      dist::Communicator& comm) {
    return std::make_shared<UpsamplingDecoder>(options, shape, comm);
}

} // namespace tacit::models
