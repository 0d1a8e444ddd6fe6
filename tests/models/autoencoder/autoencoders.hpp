// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/models/pretext_inputs.hpp"

#include <memory>
#include <string>

namespace tacit::models {

/// The pretext autoencoder with these keys besides its name.
inline std::shared_ptr<Pretext> autoencoder(const std::string& options, const std::string& model,
                                            dist::Communicator& comm, augment::ImageShape shape = {16, 16, 3}) {
    return build_pretext("{name: autoencoder" + (options.empty() ? "" : ", " + options) + "}", model, shape, comm, 5);
}

/// A batch of these images alone, on one rank.
inline PretextInput input_of(const at::Tensor& images) {
    PretextInput input;
    input.views = {images};
    input.ids = torch::arange(images.size(0));
    input.global_count = images.size(0);
    return input;
}

/// Fully connected, for images of any size.
inline const std::string kTanhMlp = "{backbone: mlp, hidden: [24, 12], norm: none, activation: tanh}";

} // namespace tacit::models
