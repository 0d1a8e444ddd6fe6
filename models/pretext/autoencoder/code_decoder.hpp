// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"
#include "models/heads/decoder.hpp"

#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>

namespace tacit::models {

/// What of the backbone becomes the code. Reads pretext.code: pooled | map. pooled are the pooled features [N, D], the
/// very vector that evaluation reads, and a bottleneck; map is the feature map [N, M, h, h], which keeps places but may
/// hold more numbers than the image.
class CodeFeatures {
  public:
    CodeFeatures(const config::Section& pretext, const std::string& default_code, const Backbone& backbone);
    at::Tensor operator()(Backbone& backbone, const at::Tensor& images) const {
        return pooled_ ? backbone.forward(images) : backbone.feature_map(images);
    }
    const MapShape& shape() const { return shape_; } ///< D x 1 x 1, or of the map
    std::int64_t values() const { return shape_.channels * shape_.height * shape_.width; }

  private:
    bool pooled_;
    MapShape shape_;
};

/// Where a decoder stands.
struct DecoderSite {
    MapShape code;            ///< what it decodes
    const Backbone& backbone; ///< what encodes
    torch::nn::Linear layer;  ///< between the backbone's features and the code; empty where they are the code
    augment::ImageShape shape;
    dist::Communicator& comm;
};

/// Reads pretext.decoder_width and the geometry of transposed convolutions and builds a decoder of them. Throws
/// ConfigError where they cannot make an image.
std::shared_ptr<Decoder> read_conv_decoder(const config::Section& pretext, const DecoderSite& site);

/// Reads pretext.decoder (conv | mirror), then what that kind has: that of read_conv_decoder(), or, for the symmetric
/// one of a fully connected encoder, pretext.tied. Throws ConfigError for mirror with other encoders.
std::shared_ptr<Decoder> read_decoder(const config::Section& pretext, const DecoderSite& site);

/// The generative half of a pretext that draws images from features: images -> code of the backbone -> images, by
/// CodeFeatures and read_conv_decoder().
class CodeDecoder {
  public:
    CodeDecoder(const config::Section& pretext, const std::string& default_code, const Backbone& backbone,
                augment::ImageShape shape, dist::Communicator& comm);
    /// To be registered as "decoder" by the pretext that owns this.
    const std::shared_ptr<Decoder>& module() const { return decoder_; }
    const MapShape& code() const { return features_.shape(); } ///< what is decoded
    at::Tensor reconstruct(Backbone& backbone, const at::Tensor& images);

  private:
    CodeFeatures features_;
    std::shared_ptr<Decoder> decoder_;
};

} // namespace tacit::models
