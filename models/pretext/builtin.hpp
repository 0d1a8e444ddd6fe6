// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"

namespace tacit::models {

/// Makes one pretext from the `pretext` section around `backbone`, for views of `shape`. Throws ConfigError.
using PretextFactory = std::shared_ptr<Pretext>(const config::Section& pretext, std::shared_ptr<Backbone> backbone,
                                                augment::ImageShape shape, dist::Communicator& comm);

/// The pretexts that registry.cpp lists; each is documented and defined in the file of its name.
PretextFactory make_autoencoder;
PretextFactory make_context_encoder;
PretextFactory make_rotnet;
PretextFactory make_simclr;
PretextFactory make_triplet;

} // namespace tacit::models
