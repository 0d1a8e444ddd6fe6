// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/features/features.hpp"
#include "pipeline/shards/dataset.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::eval {

/// An image and those most like it in the same split.
struct NeighbourRow {
    std::int64_t query = 0;            ///< index in the split
    std::int32_t label = -1;           ///< its class
    std::vector<std::int64_t> indices; ///< of the neighbours, nearest first; never the query itself
    std::vector<std::int32_t> labels;  ///< their classes
    std::vector<double> similarities;  ///< cosine
};

/// Rows for `queries` images, of different classes as far as there are (the first image of each class, then the
/// second, …), with at most `neighbours` others each.
std::vector<NeighbourRow> nearest_images(const Features& features, int queries, int neighbours);

/// The rows as one PNG file: query, a gap, then its neighbours, framed green where the class agrees and red where
/// not (grey without labels). Images are shown at `size` x `size` pixels. Throws ConfigError unless the images have
/// 1 or 3 channels.
std::string neighbour_sheet(const std::vector<NeighbourRow>& rows, const shards::Dataset& dataset, int size);

} // namespace tacit::eval
