// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::models {

// Positions of the patches of a grid of `rows` x `columns`, counted row by row.

/// [1, rows * columns, dim] float32, fixed: sine and cosine of the column, then of the row, at dim / 4 frequencies
/// 10000^(-4i / dim) (Chen et al. 2021, MoCo v3; He et al. 2022, MAE). dim must be a multiple of 4.
at::Tensor sincos_positions(std::int64_t rows, std::int64_t columns, std::int64_t dim);

/// Positions [1, from_rows * from_columns, D] for a grid of another size, by antialiased bicubic interpolation;
/// the same tensor for the same size. Differentiable.
at::Tensor resized_positions(const at::Tensor& positions, std::int64_t from_rows, std::int64_t from_columns,
                             std::int64_t rows, std::int64_t columns);

/// Rotary positions (Su et al. 2021) of two axes: cosine and sine of the angles by which queries and keys are turned.
struct Rotation {
    at::Tensor cosine; ///< [P, d] or [N, 1, P, d] for d channels a head; undefined: nothing is turned
    at::Tensor sine;
};

/// [rows * columns, d]: angles 2 pi x / 100^(4i / d) for d / 4 frequencies of the row, then of the column, twice; x in
/// [-1, 1] from edge to edge of the image, so that images of another size have the same angles at their edges (Simeoni
/// et al. 2025, DINOv3). d must be a multiple of 4.
Rotation rotation_of_grid(std::int64_t rows, std::int64_t columns, std::int64_t d, const at::TensorOptions& options);

/// Rows `keep` [N, K] of it.
Rotation chosen(const Rotation& rotation, const at::Tensor& keep);

/// Turns queries or keys [N, heads, prefix + P, d], the first `prefix` of which have no position.
at::Tensor rotated(const at::Tensor& vectors, const Rotation& rotation, std::int64_t prefix);

} // namespace tacit::models
