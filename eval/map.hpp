// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace tacit::eval {

/// Coordinates on the two (or `dims`) axes of largest variance [N, D] -> [N, dims] float32. Deterministic: each axis
/// points to where its largest loading is positive.
at::Tensor principal_components(const at::Tensor& features, std::int64_t dims);

struct MapOptions {
    double perplexity = 30; ///< capped at (N - 1) / 3
    int iterations = 500;
};

/// Exact t-SNE (van der Maaten & Hinton 2008): [N, D] -> [N, 2] float32, N >= 4. Early exaggeration 12 for the first
/// half (at most 250 iterations), momentum .5 then .8, learning rate max(N / 48, 50) with gains; starts from the
/// principal components scaled to 1e-4 (Kobak & Berens 2019). Deterministic. About N^2 work an iteration.
at::Tensor tsne(const at::Tensor& features, const MapOptions& options);

} // namespace tacit::eval
