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

bool is_vector(const MapShape& code) {
    return code.height == 1 && code.width == 1;
}

std::string text_of(const MapShape& map) {
    return fmt::format("{} x {} x {}", map.channels, map.height, map.width);
}

class UpsamplingDecoder : public Decoder {
  public:
    UpsamplingDecoder(const DecoderOptions& options, augment::ImageShape shape, dist::Communicator& comm)
        : options_(options), shapes_(decoder_shapes(options, shape)) {
        const MapShape& start = shapes_.front();
        if (is_vector(options.code)) {
            const auto spread = start.channels * start.height * start.width;
            spread_ =
                register_module("spread", nn::Linear(nn::LinearOptions(options.code.channels, spread).bias(false)));
            spread_norm_ = register_module("spread_norm", dist::BatchNorm(start.channels, comm));
        }
        for (std::size_t stage = 1; stage + 1 < shapes_.size(); ++stage) {
            add_stage(stage, comm);
        }
        const auto in = shapes_[shapes_.size() - 2].channels;
        out_ = register_module("out", nn::Conv2d(nn::Conv2dOptions(in, shape.channels, 3).padding(1)));
    }

    at::Tensor forward(const at::Tensor& code) override {
        const MapShape& image = shapes_.back();
        auto map = code;
        if (!spread_.is_empty()) {
            const MapShape& start = shapes_.front();
            map = spread_(code.flatten(1)).view({code.size(0), start.channels, start.height, start.width});
            map = spread_norm_->forward_relu(map.contiguous(at::MemoryFormat::ChannelsLast));
        }
        for (std::size_t stage = 0; stage < ups_.size(); ++stage) {
            map = norms_[stage]->forward_relu(ups_[stage](map));
        }
        if (map.size(2) != image.height || map.size(3) != image.width) {
            map = torch::upsample_bilinear2d(map, {image.height, image.width}, /*align_corners=*/false);
        }
        return out_(map);
    }

    std::string describe() const override {
        std::string text = is_vector(options_.code) ? fmt::format("{} -> spread ", options_.code.channels) : "";
        text += text_of(shapes_.front());
        for (std::size_t stage = 1; stage + 1 < shapes_.size(); ++stage) {
            text += fmt::format(" -> up{} {}", stage, text_of(shapes_[stage]));
        }
        const MapShape& last = shapes_[shapes_.size() - 2];
        const MapShape& image = shapes_.back();
        if (last.height != image.height || last.width != image.width) {
            text += fmt::format(" -> resized {}", text_of({last.channels, image.height, image.width}));
        }
        return fmt::format("{} -> out {}", text, text_of(image));
    }

  private:
    void add_stage(std::size_t stage, dist::Communicator& comm) {
        const auto in = shapes_[stage - 1].channels;
        const auto out = shapes_[stage].channels;
        const TransposedConv& up = options_.up;
        const nn::ConvTranspose2d layer(nn::ConvTranspose2dOptions(in, out, up.kernel)
                                            .stride(up.stride)
                                            .padding(up.padding)
                                            .output_padding(up.output_padding)
                                            .bias(false));
        ups_.push_back(register_module(fmt::format("up{}", stage), layer));
        norms_.push_back(register_module(fmt::format("norm{}", stage), dist::BatchNorm(out, comm)));
    }

    DecoderOptions options_;
    std::vector<MapShape> shapes_;
    nn::Linear spread_ = nullptr;
    dist::BatchNorm spread_norm_ = nullptr;
    std::vector<nn::ConvTranspose2d> ups_;
    std::vector<dist::BatchNorm> norms_;
    nn::Conv2d out_ = nullptr;
};

} // namespace

std::string TransposedConv::unfit() const {
    if (output_padding >= stride) {
        return fmt::format("an output padding of {} must be less than the stride, {}", output_padding, stride);
    }
    if (output(2) <= 2) {
        return fmt::format("2 pixels would become (2 - 1) {} + ({} - 1) - 2 {} + {} + 1 = {}, and maps must grow; a "
                           "kernel of 4, stride 2, padding 1 and output padding 0 double them",
                           stride, kernel, padding, output_padding, output(2));
    }
    return "";
}

std::vector<MapShape> decoder_shapes(const DecoderOptions& options, augment::ImageShape shape) {
    MapShape map = options.code;
    if (is_vector(options.code)) {
        map = {options.code.channels, start_size(shape.height), start_size(shape.width)};
    }
    std::vector<MapShape> shapes = {map};
    const auto grown = [&] {
        return MapShape{map.channels, options.up.output(map.height), options.up.output(map.width)};
    };
    for (MapShape next = grown();
         next.height <= shape.height && next.width <= shape.width && next.height > map.height && next.width > map.width;
         next = grown()) {
        map = next;
        shapes.push_back(map);
    }
    const auto stages = static_cast<std::int64_t>(shapes.size()) - 1;
    const std::int64_t widest = std::max(options.code.channels, options.width);
    const auto width_at = [&](std::int64_t halvings) { // without overflow, however many there are
        std::int64_t width = options.width;
        for (; halvings > 0 && width < widest; --halvings) {
            width *= 2;
        }
        return std::min(width, widest);
    };
    for (std::int64_t stage = is_vector(options.code) ? 0 : 1; stage <= stages; ++stage) {
        shapes[static_cast<std::size_t>(stage)].channels = width_at(stages - stage);
    }
    shapes.push_back({shape.channels, shape.height, shape.width});
    return shapes;
}

std::shared_ptr<Decoder> make_decoder(const DecoderOptions& options, augment::ImageShape shape,
                                      dist::Communicator& comm) {
    return std::make_shared<UpsamplingDecoder>(options, shape, comm);
}

} // namespace tacit::models
