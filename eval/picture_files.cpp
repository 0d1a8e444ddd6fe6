// SPDX-License-Identifier: Apache-2.0
#include "eval/picture_files.hpp"

#include "eval/map.hpp"
#include "eval/solvers/neighbours.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/train/run/run_paths.hpp"

#include <torch/types.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tacit::eval {

namespace {

using Json = nlohmann::ordered_json;

void write_with_folder(const std::string& path, const std::string& content) {
    train::make_folder(std::filesystem::path(path).parent_path());
    write_file_atomically(path, content);
}

double rounded(double value) {
    return std::round(value * 1e4) / 1e4;
}

/// Coordinates scaled together into [0, 1] x [0, 1], so that distances keep their proportion.
at::Tensor unit_square(const at::Tensor& points) {
    const at::Tensor low = std::get<0>(points.min(0));
    const at::Tensor extent = std::get<0>(points.max(0)) - low;
    const at::Tensor widest = extent.max().clamp_min(1e-12);
    return (points - low) / widest + (1 - extent / widest) / 2;
}

} // namespace

void write_map(const std::string& run_folder, const Features& features, const std::vector<std::string>& classes,
               const std::string& checkpoint, const std::string& command, const PictureOptions& options) {
    const std::int64_t total = features.values.size(0);
    const std::int64_t count = std::min(options.map_points, total);
    const at::Tensor rows = torch::div(torch::arange(count, torch::kInt64) * total, count, "floor");
    const at::Tensor points =
        unit_square(tsne(features.values.index_select(0, rows), {options.perplexity, options.map_iterations}));
    Json list = Json::array();
    for (std::int64_t i = 0; i < count; ++i) {
        const auto sample = rows[i].item<std::int64_t>();
        list.push_back({rounded(points[i][0].item<double>()), rounded(points[i][1].item<double>()),
                        features.labels[sample].item<std::int64_t>(), sample});
    }
    const Json map = {{"method", fmt::format("t-SNE, perplexity {:g}, {} iterations, {} of {} test images",
                                             options.perplexity, options.map_iterations, count, total)},
                      {"checkpoint", checkpoint},
                      {"command", command},
                      {"classes", classes},
                      {"points", list}};
    write_with_folder(train::RunPaths(run_folder).map(), json_text(map) + "\n");
}

void write_neighbours(const std::string& run_folder, const Features& features, const shards::Dataset& dataset,
                      const std::string& checkpoint, int size, const PictureOptions& options) {
    const std::vector<NeighbourRow> rows = nearest_images(features, options.queries, options.neighbours);
    Json list = Json::array();
    double agreeing = 0;
    double shown = 0;
    for (const NeighbourRow& row : rows) {
        Json neighbours = Json::array();
        for (std::size_t j = 0; j < row.indices.size(); ++j) {
            neighbours.push_back(
                {{"index", row.indices[j]}, {"label", row.labels[j]}, {"similarity", rounded(row.similarities[j])}});
            agreeing += row.label >= 0 && row.labels[j] == row.label ? 1 : 0;
            shown += 1;
        }
        list.push_back({{"query", row.query}, {"label", row.label}, {"neighbours", neighbours}});
    }
    const Json json = {{"checkpoint", checkpoint},
                       {"split", dataset.info().split},
                       {"agreement", shown > 0 ? rounded(agreeing / shown) : 0.0},
                       {"rows", list}};
    const train::RunPaths paths(run_folder);
    write_with_folder(paths.neighbour_sheet(), neighbour_sheet(rows, dataset, size));
    write_with_folder(paths.neighbours(), json_text(json, 2) + "\n");
}

} // namespace tacit::eval
