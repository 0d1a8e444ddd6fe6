// SPDX-License-Identifier: Apache-2.0
#include "eval/map.hpp"

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <vector>

namespace tacit::eval {

namespace {

constexpr std::int64_t kInputDims = 50; // t-SNE starts from this many principal components, as in the paper
constexpr double kExaggeration = 12;
constexpr int kExaggerated = 250;
constexpr std::size_t kLanes = 8; // sums kept apart so that the inner loop vectorises and stays deterministic

/// Conditional probabilities of one row with the wanted perplexity, by bisection of the precision.
void fill_row(const double* squared, double* p, std::int64_t self, std::int64_t points, double entropy) {
    double low = 0;
    double high = std::numeric_limits<double>::infinity();
    double precision = 1;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::int64_t j = 0; j < points; ++j) {
        nearest = j == self ? nearest : std::min(nearest, squared[j]);
    }
    for (int attempt = 0; attempt < 64; ++attempt) {
        double sum = 0;
        double weighted = 0;
        for (std::int64_t j = 0; j < points; ++j) {
            const double gap = squared[j] - nearest; // shifting by the nearest keeps exp() from underflowing
            p[j] = j == self ? 0 : std::exp(-precision * gap);
            sum += p[j];
            weighted += p[j] * gap;
        }
        const double found = std::log(sum) + precision * weighted / sum;
        for (std::int64_t j = 0; j < points; ++j) {
            p[j] /= sum;
        }
        if (std::abs(found - entropy) < 1e-6) {
            return;
        }
        (found > entropy ? low : high) = precision;
        precision = std::isinf(high) ? precision * 2 : (low + high) / 2;
    }
}

/// Symmetrised joint probabilities [N, N] float32.
at::Tensor affinities(const at::Tensor& features, double perplexity) {
    const at::Tensor x = features.to(torch::kFloat64);
    at::Tensor squared = torch::cdist(x, x).square().contiguous();
    // In units of the mean, the bisection starts near its end whatever the features' scale.
    squared /= squared.mean().clamp_min(1e-300);
    const std::int64_t points = x.size(0);
    at::Tensor p = torch::zeros_like(squared);
    const double* from = squared.const_data_ptr<double>();
    double* to = p.mutable_data_ptr<double>();
    at::parallel_for(0, points, 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            fill_row(from + i * points, to + i * points, i, points, std::log(perplexity));
        }
    });
    return ((p + p.t()) / (2.0 * static_cast<double>(points))).clamp_min(1e-12).to(torch::kFloat32).contiguous();
}

/// Positions of the points, padded to whole lanes; padding lies far off and has p = 0.
struct Layout {
    std::int64_t points = 0;
    std::int64_t padded = 0;
    std::vector<float> x, y;
};

/// Sums over all other points for one point.
struct RowForces {
    double pull_x = 0, pull_y = 0, push_x = 0, push_y = 0, z = 0;
};

double total(const std::array<float, kLanes>& lanes) {
    double sum = 0;
    for (const float lane : lanes) {
        sum += static_cast<double>(lane);
    }
    return sum;
}

RowForces row_forces(const Layout& layout, const float* p, std::int64_t i) {
    std::array<float, kLanes> pull_x{}, pull_y{}, push_x{}, push_y{}, z{};
    const float xi = layout.x[static_cast<std::size_t>(i)];
    const float yi = layout.y[static_cast<std::size_t>(i)];
    const float* xs = layout.x.data();
    const float* ys = layout.y.data();
    for (std::int64_t j = 0; j < layout.padded; j += static_cast<std::int64_t>(kLanes)) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const auto at = static_cast<std::size_t>(j) + lane;
            const float dx = xi - xs[at];
            const float dy = yi - ys[at];
            const float kernel = 1.0F / (1.0F + dx * dx + dy * dy);
            const float pull = p[at] * kernel;
            const float push = kernel * kernel;
            pull_x[lane] += pull * dx;
            pull_y[lane] += pull * dy;
            push_x[lane] += push * dx;
            push_y[lane] += push * dy;
            z[lane] += kernel;
        }
    }
    return {total(pull_x), total(pull_y), total(push_x), total(push_y), total(z) - 1.0}; // without the point itself
}

std::vector<RowForces> all_forces(const Layout& layout, const std::vector<float>& p) {
    std::vector<RowForces> forces(static_cast<std::size_t>(layout.points));
    at::parallel_for(0, layout.points, 32, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            forces[static_cast<std::size_t>(i)] = row_forces(layout, p.data() + i * layout.padded, i);
        }
    });
    return forces;
}

/// Momentum and gain of one coordinate (van der Maaten & Hinton 2008, section 3.4; gains by Jacobs 1988).
struct Motion {
    double velocity = 0;
    double gain = 1;
    float moved(float position, double gradient, double momentum, double rate) {
        gain = (gradient > 0) == (velocity > 0) ? std::max(gain * 0.8, 0.01) : gain + 0.2;
        velocity = momentum * velocity - rate * gain * gradient;
        return position + static_cast<float>(velocity);
    }
};

Layout start_layout(const at::Tensor& features) {
    constexpr float kFar = 1e15F;
    at::Tensor start = principal_components(features, 2);
    start = start / start.select(1, 0).std().clamp_min(1e-12) * 1e-4;
    Layout layout;
    layout.points = start.size(0);
    const auto lanes = static_cast<std::int64_t>(kLanes);
    layout.padded = (layout.points + lanes - 1) / lanes * lanes;
    layout.x.assign(static_cast<std::size_t>(layout.padded), kFar);
    layout.y.assign(static_cast<std::size_t>(layout.padded), kFar);
    for (std::int64_t i = 0; i < layout.points; ++i) {
        layout.x[static_cast<std::size_t>(i)] = start[i][0].item<float>();
        layout.y[static_cast<std::size_t>(i)] = start[i][1].item<float>();
    }
    return layout;
}

std::vector<float> padded_rows(const at::Tensor& p, std::int64_t padded) {
    const at::Tensor wide = torch::constant_pad_nd(p, {0, padded - p.size(1)}).contiguous();
    const float* begin = wide.const_data_ptr<float>();
    return {begin, begin + wide.numel()};
}

} // namespace

at::Tensor principal_components(const at::Tensor& features, std::int64_t dims) {
    const torch::NoGradGuard no_grad;
    const at::Tensor x = features.to(torch::kFloat64);
    const at::Tensor centred = x - x.mean(0);
    const at::Tensor covariance = torch::mm(centred.t(), centred);
    const auto [values, vectors] = torch::linalg_eigh(covariance);
    const std::int64_t kept = std::min(dims, x.size(1));
    const at::Tensor axes = vectors.narrow(1, x.size(1) - kept, kept).flip({1});
    const at::Tensor largest = axes.gather(0, axes.abs().argmax(0, /*keepdim=*/true));
    const at::Tensor projected = torch::mm(centred, axes * torch::where(largest < 0, -1.0, 1.0));
    return torch::constant_pad_nd(projected, {0, dims - kept}).to(torch::kFloat32);
}

at::Tensor tsne(const at::Tensor& features, const MapOptions& options) {
    const torch::NoGradGuard no_grad;
    const std::int64_t points = features.size(0);
    if (points < 4) {
        throw std::logic_error("tsne: needs at least 4 points");
    }
    const at::Tensor inputs = features.size(1) > kInputDims ? principal_components(features, kInputDims) : features;
    const double perplexity = std::min(options.perplexity, static_cast<double>(points - 1) / 3);
    Layout layout = start_layout(inputs);
    const std::vector<float> p = padded_rows(affinities(inputs, perplexity), layout.padded);
    const double rate = std::max(static_cast<double>(points) / kExaggeration / 4, 50.0);
    const int exaggerated = std::min(kExaggerated, options.iterations / 2);
    std::vector<Motion> motion(static_cast<std::size_t>(2 * points));
    for (int iteration = 0; iteration < options.iterations; ++iteration) {
        const double exaggeration = iteration < exaggerated ? kExaggeration : 1;
        const double momentum = iteration < exaggerated ? 0.5 : 0.8;
        const std::vector<RowForces> forces = all_forces(layout, p);
        double z = 0;
        for (const RowForces& force : forces) {
            z += force.z;
        }
        for (std::size_t i = 0; i < forces.size(); ++i) {
            const RowForces& f = forces[i];
            const double gx = 4 * (exaggeration * f.pull_x - f.push_x / z);
            const double gy = 4 * (exaggeration * f.pull_y - f.push_y / z);
            layout.x[i] = motion[2 * i].moved(layout.x[i], gx, momentum, rate);
            layout.y[i] = motion[2 * i + 1].moved(layout.y[i], gy, momentum, rate);
        }
    }
    const auto count = static_cast<std::size_t>(points);
    return torch::stack({torch::tensor(at::ArrayRef<float>(layout.x.data(), count)),
                         torch::tensor(at::ArrayRef<float>(layout.y.data(), count))},
                        1);
}

} // namespace tacit::eval
