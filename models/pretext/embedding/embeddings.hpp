// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/losses/distance.hpp"
#include "models/step/metric.hpp"
#include "pipeline/config/section.hpp"

#include <string>

namespace tacit::models {

// What pretexts that embed images on the unit sphere have in common.

inline constexpr Metric kSpreadMetric{
    "spread", "standard deviation of the unit projections over the batch, times the root of their dimensions", "",
    "about 1: they cover the sphere; towards 0 all images get one projection (collapse)"};

/// The key `distance`.
inline Distance read_distance(const config::Section& pretext) {
    const std::string name =
        pretext.choice({"distance", "between embeddings on the unit sphere: Euclidean, its square, or 1 - cosine"},
                       "euclidean", {"euclidean", "squared_euclidean", "cosine"});
    return name == "euclidean"           ? Distance::euclidean
           : name == "squared_euclidean" ? Distance::squared_euclidean
                                         : Distance::cosine;
}

} // namespace tacit::models
