// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/parts/positions.hpp"

#include <torch/types.h>

#include <numbers>

namespace tacit::models {

at::Tensor sincos_positions(std::int64_t rows, std::int64_t columns, std::int64_t dim) {
    constexpr double kTemperature = 10000;
    const auto wide = at::TensorOptions(at::kDouble);
    const at::Tensor frequencies = at::pow(kTemperature, -at::arange(dim / 4, wide) * 4 / dim);
    const auto waves = [&](std::int64_t count) { // [count, dim / 2]
        const at::Tensor angles = at::arange(count, wide).unsqueeze(1) * frequencies;
        return at::cat({angles.sin(), angles.cos()}, 1);
    };
    const at::Tensor of_columns = waves(columns).unsqueeze(0).expand({rows, columns, dim / 2});
    const at::Tensor of_rows = waves(rows).unsqueeze(1).expand({rows, columns, dim / 2});
    return at::cat({of_columns, of_rows}, 2).view({1, rows * columns, dim}).to(at::kFloat);
}

at::Tensor resized_positions(const at::Tensor& positions, std::int64_t from_rows, std::int64_t from_columns,
                             std::int64_t rows, std::int64_t columns) {
    if (rows == from_rows && columns == from_columns) {
        return positions;
    }
    const std::int64_t dim = positions.size(2);
    const at::Tensor map = positions.view({1, from_rows, from_columns, dim}).permute({0, 3, 1, 2}).contiguous();
    return at::_upsample_bicubic2d_aa(map, {rows, columns}, /*align_corners=*/false)
        .permute({0, 2, 3, 1})
        .reshape({1, rows * columns, dim});
}

Rotation rotation_of_grid(std::int64_t rows, std::int64_t columns, std::int64_t d, const at::TensorOptions& options) {
    constexpr double kBase = 100;
    const auto wide = options.dtype(at::kDouble);
    const at::Tensor turns = 2 * std::numbers::pi * at::pow(kBase, -at::arange(d / 4, wide) * 4 / d);
    const auto angles = [&](std::int64_t count) { // [count, d / 4], at the patches' centres
        const at::Tensor centres = (at::arange(count, wide) + 0.5) * 2 / static_cast<double>(count) - 1;
        return centres.unsqueeze(1) * turns;
    };
    const at::Tensor of_rows = angles(rows).unsqueeze(1).expand({rows, columns, d / 4});
    const at::Tensor of_columns = angles(columns).unsqueeze(0).expand({rows, columns, d / 4});
    const at::Tensor all = at::cat({of_rows, of_columns}, 2).view({rows * columns, d / 2}).repeat({1, 2});
    return {all.cos().to(options), all.sin().to(options)};
}

Rotation chosen(const Rotation& rotation, const at::Tensor& keep) {
    if (!rotation.cosine.defined() || !keep.defined()) {
        return rotation;
    }
    return {rotation.cosine.index({keep}).unsqueeze(1), rotation.sine.index({keep}).unsqueeze(1)};
}

at::Tensor rotated(const at::Tensor& vectors, const Rotation& rotation, std::int64_t prefix) {
    if (!rotation.cosine.defined()) {
        return vectors;
    }
    const at::Tensor patches = vectors.slice(2, prefix);
    const auto halves = patches.chunk(2, 3);
    const at::Tensor quarter = at::cat({-halves[1], halves[0]}, 3);
    const at::Tensor turned = (patches * rotation.cosine + quarter * rotation.sine).to(vectors.scalar_type());
    return prefix == 0 ? turned : at::cat({vectors.slice(2, 0, prefix), turned}, 2);
}

} // namespace tacit::models
