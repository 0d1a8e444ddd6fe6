// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/autoencoder/code_decoder.hpp"

#include "models/heads/mirror_decoder.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <vector>

namespace tacit::models {
namespace {

TransposedConv read_up(const config::Section& pretext) {
    TransposedConv up;
    up.kernel =
        pretext.integer({"decoder_kernel", "of the decoder's transposed convolutions", "pixels"}, up.kernel, {1, 15});
    up.stride = pretext.integer({"decoder_stride", "of the same: about how many times larger each makes its map"},
                                up.stride, {1, 8});
    up.padding =
        pretext.integer({"decoder_padding", "that the same cut off on each side", "pixels"}, up.padding, {0, 14});
    up.output_padding =
        pretext.integer({"decoder_output_padding", "that the same add on one side; less than the stride", "pixels"},
                        up.output_padding, {0, 7});
    if (const auto why = up.unfit(); !why.empty()) {
        pretext.fail("decoder_kernel", why);
    }
    return up;
}

std::shared_ptr<Decoder> read_mirror(const config::Section& pretext, const DecoderSite& site) {
    const bool tied =
        pretext.flag({"tied", "whether the decoder's matrices are those of the encoder, transposed"}, false);
    const auto* mlp = dynamic_cast<const Mlp*>(&site.backbone);
    if (mlp == nullptr) {
        pretext.fail("decoder", fmt::format("mirror is the mirror image of fully connected layers, and model.backbone "
                                            "is {}; set it to mlp, or use conv",
                                            site.backbone.architecture().name));
    }
    auto encoder = mlp->linears();
    if (!site.layer.is_empty()) {
        encoder.push_back(site.layer);
    }
    return std::make_shared<MirrorDecoder>(std::move(encoder), mlp->options(), tied, site.shape, site.comm);
}

} // namespace

CodeFeatures::CodeFeatures(const config::Section& pretext, const std::string& default_code, const Backbone& backbone)
    : pooled_(pretext.choice({"code", "what is decoded: the pooled features, or the feature map, which keeps places"},
                             default_code, {"pooled", "map"}) == "pooled"),
      shape_(pooled_ ? MapShape{backbone.feature_dim(), 1, 1} : backbone.map_shape()) {}

std::shared_ptr<Decoder> read_conv_decoder(const config::Section& pretext, const DecoderSite& site) {
    DecoderOptions options{site.code};
    options.width = pretext.integer(
        {"decoder_width", "of the decoder's last layer; earlier ones have more", "channels"}, 16, {1, 1024});
    options.up = read_up(pretext);
    return make_decoder(options, site.shape, site.comm);
}

std::shared_ptr<Decoder> read_decoder(const config::Section& pretext, const DecoderSite& site) {
    const bool mirror = pretext.choice({"decoder", "transposed convolutions, or the mirror image of a fully connected "
                                                   "encoder (model.backbone: mlp)"},
                                       "conv", {"conv", "mirror"}) == "mirror";
    return mirror ? read_mirror(pretext, site) : read_conv_decoder(pretext, site);
}

CodeDecoder::CodeDecoder(const config::Section& pretext, const std::string& default_code, const Backbone& backbone,
                         augment::ImageShape shape, dist::Communicator& comm)
    : features_(pretext, default_code, backbone),
      decoder_(read_conv_decoder(pretext, {features_.shape(), backbone, nullptr, shape, comm})) {}

at::Tensor CodeDecoder::reconstruct(Backbone& backbone, const at::Tensor& images) {
    return decoder_->forward(features_(backbone, images));
}

} // namespace tacit::models
