// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/format/shard_writer.hpp"
#include "tests/temporary_folder.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tacit::eval {

inline constexpr int kTinySide = 8;

/// Shards of grey images of kTinySide pixels square, one for each of `labels`, which a bright band of rows shows;
/// pixel (0, 0) holds the index modulo 256. Classes are called "class 0", "class 1", …
inline void write_tiny_split(const std::string& folder, const std::string& split,
                             const std::vector<std::int32_t>& labels) {
    shards::SplitDescription description;
    description.split = split;
    description.shape = {kTinySide, kTinySide, 1};
    for (int c = 0; c <= *std::max_element(labels.begin(), labels.end()); ++c) {
        description.classes.push_back("class " + std::to_string(c));
    }
    shards::ShardWriter writer(folder, description);
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(labels.size()); ++i) {
        std::vector<std::uint8_t> pixels(kTinySide * kTinySide, 20);
        const std::int32_t label = labels[static_cast<std::size_t>(i)];
        const auto band = static_cast<std::size_t>(std::max(0, label) % 4 * 2 * kTinySide);
        for (std::size_t p = 0; p < kTinySide * 2; ++p) {
            pixels[band + p] = static_cast<std::uint8_t>(150 + (i * 7 + static_cast<std::int64_t>(p) * 13) % 100);
        }
        pixels[0] = static_cast<std::uint8_t>(i % 256);
        writer.add(pixels, crc32c(pixels.data(), pixels.size()), label, static_cast<std::uint64_t>(i));
    }
    writer.seal({0.3}, {0.3});
}

/// The same with class = index % classes.
inline void write_tiny_split(const std::string& folder, const std::string& split, std::int64_t count, int classes) {
    std::vector<std::int32_t> labels;
    for (std::int64_t i = 0; i < count; ++i) {
        labels.push_back(static_cast<std::int32_t>(i % classes));
    }
    write_tiny_split(folder, split, labels);
}

/// Changes a pixel of an image of class 2 or 3, so that its checksum is not that of its bytes any more.
inline void damage_tiny_image(const std::string& folder, const std::string& split, char number = 2) {
    const std::string path = folder + "/" + split + "-00000.h5";
    std::string bytes = read_file(path);
    std::string image(kTinySide * kTinySide / 2, '\x14'); // the dark upper half, which begins with its number
    image[0] = number;
    bytes.at(bytes.find(image) + 1) = '\x15';
    write_file_atomically(path, bytes);
}

/// A convolution, a batch norm with running statistics, and a pool: as much encoder as the tests need.
class TinyBackbone : public models::Backbone {
  public:
    TinyBackbone()
        : convolution_(
              register_module("convolution", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, kChannels, 3).padding(1)))),
          norm_(register_module("norm", torch::nn::BatchNorm2d(kChannels))) {}
    std::vector<std::string> layer_names() const override { return {}; }
    std::int64_t feature_dim() const override { return kChannels * 4; }
    models::MapShape map_shape() const override { return {feature_dim(), 1, 1}; }
    models::Architecture architecture() const override { return {"tiny", {}, std::nullopt}; }
    std::string unfit(std::int64_t /*height*/, std::int64_t /*width*/) const override { return ""; }

  protected:
    at::Tensor encode(const at::Tensor& images, models::LayerTap& /*tap*/) override {
        const at::Tensor map = torch::relu(norm_->forward(convolution_->forward(images)));
        // Rows kept apart by position, so that the pooled features tell where the band is.
        return torch::adaptive_avg_pool2d(map, {4, 1}).flatten(1).unsqueeze(2).unsqueeze(3);
    }

  private:
    static constexpr std::int64_t kChannels = 4;
    torch::nn::Conv2d convolution_;
    torch::nn::BatchNorm2d norm_;
};

inline std::shared_ptr<TinyBackbone> tiny_backbone(std::uint64_t seed) {
    torch::manual_seed(seed);
    return std::make_shared<TinyBackbone>();
}

} // namespace tacit::eval
