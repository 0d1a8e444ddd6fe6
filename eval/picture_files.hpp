// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/features/features.hpp"
#include "pipeline/shards/dataset.hpp"

#include <string>
#include <vector>

namespace tacit::eval {

/// Pictures for the report.
struct PictureOptions {
    std::int64_t map_points = 1000; ///< test images on the 2-D map
    double perplexity = 30;
    int map_iterations = 500;
    int queries = 8;    ///< rows of the nearest-neighbour picture
    int neighbours = 8; ///< neighbours of each query
};

/// t-SNE of up to map_points rows of `features`, evenly spread -> <run folder>/eval/map.json:
/// {"method", "checkpoint", "command", "classes": [name], "points": [[x, y, label, index]]}; x and y in [0, 1].
void write_map(const std::string& run_folder, const Features& features, const std::vector<std::string>& classes,
               const std::string& checkpoint, const std::string& command, const PictureOptions& options);

/// Nearest neighbours -> <run folder>/pictures/neighbours.png at `size` pixels an image, and eval/neighbours.json:
/// {"checkpoint", "split", "agreement": share of neighbours of the query's class, "rows": [{"query", "label",
/// "neighbours": [{"index", "label", "similarity"}]}]}.
void write_neighbours(const std::string& run_folder, const Features& features, const shards::Dataset& dataset,
                      const std::string& checkpoint, int size, const PictureOptions& options);

} // namespace tacit::eval
