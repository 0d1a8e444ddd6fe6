// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"

namespace tacit::models {

/// Which patches an encoder sees, and as what.
struct PatchChoice {
    at::Tensor
        keep; ///< [N, K] int64 indices of the patches that are encoded, in this order (MAE, I-JEPA); undefined: all
    at::Tensor
        hidden; ///< [N, P] bool, patches whose embedding is replaced by `mask_token` (SimMIM, iBOT); undefined: none
    at::Tensor mask_token; ///< [D]; defined if `hidden` is
};

/// An encoder that cuts images into square patches, counted row by row, and gives a token for each.
class TokenBackbone : public Backbone {
  public:
    /// [N, C, H, W] -> [N, prefix_tokens() + K, D] after the last norm: class token, registers, then the patches of
    /// `choice` with the positions they have in the image. Throws std::invalid_argument for images that are no whole
    /// patches.
    virtual at::Tensor tokens(const at::Tensor& images, const PatchChoice& choice = {}) = 0;
    /// Class token and registers.
    virtual std::int64_t prefix_tokens() const = 0;
    virtual bool has_class_token() const = 0;
    /// Height and width of a patch in pixels.
    virtual std::int64_t patch() const = 0;
};

} // namespace tacit::models
