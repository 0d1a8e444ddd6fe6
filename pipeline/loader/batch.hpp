// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"

#include <cstdint>
#include <memory_resource>
#include <vector>

namespace tacit::loader {

/// One view of every sample of a batch. Storage belongs to the ring slot.
struct BatchView {
    BatchView() = default;
    /// Takes its storage from `memory`, which must outlive it.
    explicit BatchView(std::pmr::memory_resource* memory)
        : pixels(memory), values(memory), masks(memory), rotation(memory), permutation(memory) {}

    augment::ImageShape shape;             ///< of each image
    augment::MaskShape mask_shape;         ///< of each mask; no planes if the view makes none
    std::pmr::vector<std::uint8_t> pixels; ///< [count, height, width, channels] of `shape`; empty if there are `values`
    std::pmr::vector<float> values;        ///< the same of images of more than 8 bits: from 0, black, to 1, white
    std::pmr::vector<std::uint8_t> masks;  ///< [count, planes, height, width] of `mask_shape`, 0 or 1
    std::pmr::vector<std::int32_t> rotation;    ///< [count] quarter turns; empty if the view does not rotate
    std::pmr::vector<std::int32_t> permutation; ///< [count] index into the jigsaw's permutation_set(); empty without
};

/// One rank's share of a global batch. Filled by the loader's workers, read by the trainer.
struct Batch {
    std::int64_t epoch = 0;
    std::int64_t index = 0; ///< of the global batch within the epoch
    std::int64_t count = 0; ///< samples in this rank's share
    std::vector<BatchView> views;
    std::vector<std::int32_t> labels; ///< [count], -1 where unlabelled
    std::vector<std::int64_t> ids;    ///< [count] index of each sample in the data set; -1: left out (OnBadSample)
};

} // namespace tacit::loader
