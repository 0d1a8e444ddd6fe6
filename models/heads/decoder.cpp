// SPDX-License-Identifier: Apache-2.0
#include "models/heads/decoder.hpp"

#include "dist/norm/batch_norm.hpp"

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
        : height_(shape.height), width_(shape.width), start_(options.code) {
        const MapShape& code = options.code;
        const bool vector = code.height == 1 && code.width == 1;
        if (vector) {
            start_ = {code.channels, start_size(height_), start_size(width_)};
        }
        std::int64_t doublings = 0;
        while ((start_.height << (doublings + 1)) <= height_ && (start_.width << (doublings + 1)) <= width_) {
            ++doublings;
        }
        const auto width_at = [&](std::int64_t halvings) {
            return std::min(options.width << halvings, std::max(code.channels, options.width));
        };
        if (vector) {
            start_.channels = width_at(doublings);
            const auto spread = start_.channels * start_.height * start_.width;
            spread_ = register_module("spread", nn::Linear(nn::LinearOptions(code.channels, spread).bias(false)));
            spread_norm_ = register_module("spread_norm", dist::BatchNorm(start_.channels, comm));
        }
        auto in = start_.channels;
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
            map = spread_(code.flatten(1)).view({code.size(0), start_.channels, start_.height, start_.width});
            map = spread_norm_->forward_relu(map.contiguous(at::MemoryFormat::ChannelsLast));
        }
        for (std::size_t stage = 0; stage < ups_.size(); ++stage) {
            map = norms_[stage]->forward_relu(ups_[stage](map));
        }
        if (map.size(2) != height_ || map.size(3) != width_) {
            map = torch::upsample_bilinear2d(map, {height_, width_}, /*align_corners=*/false);
        }
        return out_(map);
    }

  private:
    void add_stage(std::int64_t stage, std::int64_t in, std::int64_t out, dist::Communicator& comm) {
        const nn::ConvTranspose2d up(nn::ConvTranspose2dOptions(in, out, 4).stride(2).padding(1).bias(false));
        ups_.push_back(register_module(fmt::format("up{}", stage), up));
        norms_.push_back(register_module(fmt::format("norm{}", stage), dist::BatchNorm(out, comm)));
    }

    std::int64_t height_, width_; ///< of the images
    MapShape start_;              ///< before the doublings
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
