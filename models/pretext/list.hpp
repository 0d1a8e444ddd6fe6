// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/pretext/pretext.hpp"

#include <memory>
#include <span>

// A line for each pretext, in the order of the alphabet; <name>.cpp in a folder beside this file defines
// <name>_pretext.
#define TACIT_PRETEXTS(X)                                                                                              \
    X(autoencoder)                                                                                                     \
    X(byol)                                                                                                            \
    X(colorization)                                                                                                    \
    X(context_encoder)                                                                                                 \
    X(contractive_autoencoder)                                                                                         \
    X(contrastive_pairs)                                                                                               \
    X(masked_autoencoder)                                                                                              \
    X(rotnet)                                                                                                          \
    X(simclr)                                                                                                          \
    X(sparse_autoencoder)                                                                                              \
    X(split_brain)                                                                                                     \
    X(triplet)                                                                                                         \
    X(vae)

namespace tacit::models {

#define TACIT_DECLARE(name) extern const PretextEntry name##_pretext;
TACIT_PRETEXTS(TACIT_DECLARE)
#undef TACIT_DECLARE

/// The entry of class T, whose constructor takes PretextParts; `recipe`: of the augmentation, unless the config names
/// another. `metrics` must live as long as the program.
template <class T>
constexpr PretextEntry make_entry(const char* name, const char* recipe, std::span<const Metric> metrics = {}) {
    return {name, [](const PretextParts& parts) -> std::shared_ptr<Pretext> { return std::make_shared<T>(parts); },
            recipe, metrics};
}

} // namespace tacit::models
