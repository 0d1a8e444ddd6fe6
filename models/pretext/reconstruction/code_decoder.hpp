// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"
#include "models/heads/decoder.hpp"

namespace tacit::models {

/// The generative half of the autoencoder and the context encoder: images -> code of the backbone -> images.
/// Reads pretext.code and pretext.decoder_width:
/// code: pooled | map. pooled decodes from the pooled features [N, D], the very vector that evaluation reads, and is
/// a bottleneck; map decodes from the feature map [N, M, h, h], which keeps places but may hold more numbers than the
/// image.
class CodeDecoder {
  public:
    CodeDecoder(const config::Section& pretext, const std::string& default_code, const Backbone& backbone,
                augment::ImageShape shape, dist::Communicator& comm);
    /// To be registered as "decoder" by the pretext that owns this.
    const std::shared_ptr<Decoder>& module() const { return decoder_; }
    at::Tensor reconstruct(Backbone& backbone, const at::Tensor& images);

  private:
    bool pooled_;
    std::shared_ptr<Decoder> decoder_;
};

} // namespace tacit::models
