// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/reconstruction/code_decoder.hpp"

#include <torch/types.h>

namespace tacit::models {

CodeDecoder::CodeDecoder(const config::Section& pretext, const std::string& default_code, const Backbone& backbone,
                         augment::ImageShape shape, dist::Communicator& comm)
    : pooled_(pretext.choice({"code", "what is decoded: the pooled features, or the feature map, which keeps places"},
                             default_code, {"pooled", "map"}) == "pooled") {
    DecoderOptions options{pooled_ ? MapShape{backbone.feature_dim(), 1, 1} : backbone.map_shape()};
    options.width = pretext.integer(
        {"decoder_width", "of the decoder's last layer; earlier ones have more", "channels"}, 16, {1, 1024});
    decoder_ = make_decoder(options, shape, comm);
}

at::Tensor CodeDecoder::reconstruct(Backbone& backbone, const at::Tensor& images) {
    return decoder_->forward(pooled_ ? backbone.forward(images) : backbone.feature_map(images));
}

} // namespace tacit::models
