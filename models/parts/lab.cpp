// SPDX-License-Identifier: Apache-2.0
#include "models/parts/lab.hpp"

#include "models/losses/precision.hpp"

#include <torch/types.h>

#include <array>

namespace tacit::models {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

constexpr Matrix kXyzOfRgb{
    {{0.412453, 0.357580, 0.180423}, {0.212671, 0.715160, 0.072169}, {0.019334, 0.119193, 0.950227}}};
constexpr std::array<double, 3> kWhite{0.95047, 1.0, 1.08883};

constexpr double determinant(const Matrix& m, std::size_t i, std::size_t j) { // of the 2 x 2 minor, with its sign
    const auto at = [&](std::size_t row, std::size_t column) { return m[(i + row) % 3][(j + column) % 3]; };
    return at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1);
}

constexpr Matrix inverse(const Matrix& m) {
    const double whole =
        m[0][0] * determinant(m, 0, 0) + m[0][1] * determinant(m, 0, 1) + m[0][2] * determinant(m, 0, 2);
    Matrix result{};
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            result[i][j] = determinant(m, j, i) / whole;
        }
    }
    return result;
}

constexpr Matrix kRgbOfXyz = inverse(kXyzOfRgb);

/// Row by row, so that no matrix product rounds to less than float32 under autocast.
at::Tensor mixed(const at::Tensor& channels, const Matrix& matrix) {
    std::vector<at::Tensor> rows;
    for (const auto& row : matrix) {
        rows.push_back(channels.select(1, 0) * row[0] + channels.select(1, 1) * row[1] +
                       channels.select(1, 2) * row[2]);
    }
    return torch::stack(rows, 1);
}

at::Tensor white(const at::Tensor& like) {
    return torch::tensor(at::ArrayRef<double>(kWhite), like.options()).view({1, 3, 1, 1});
}

} // namespace

at::Tensor lab_of(const at::Tensor& rgb) {
    const FullPrecisionScope scope;
    const auto value = full_precision(rgb).clamp(0, 1);
    const auto light = torch::where(value > 0.04045, ((value + 0.055) / 1.055).pow(2.4), value / 12.92);
    const auto xyz = mixed(light, kXyzOfRgb) / white(light);
    const auto root = torch::where(xyz > 0.008856, xyz.clamp_min(1e-12).pow(1.0 / 3), xyz * 7.787 + 16.0 / 116);
    const auto x = root.select(1, 0);
    const auto y = root.select(1, 1);
    const auto z = root.select(1, 2);
    return torch::stack({y * 116 - 16, (x - y) * 500, (y - z) * 200}, 1);
}

at::Tensor rgb_of(const at::Tensor& lab) {
    const FullPrecisionScope scope;
    const auto values = full_precision(lab);
    const auto y = (values.select(1, 0) + 16) / 116;
    const auto x = values.select(1, 1) / 500 + y;
    const auto z = (y - values.select(1, 2) / 200).clamp_min(0);
    const auto root = torch::stack({x, y, z}, 1);
    const auto xyz = torch::where(root > 0.2068966, root.pow(3), (root - 16.0 / 116) / 7.787) * white(root);
    const auto light = mixed(xyz, kRgbOfXyz).clamp_min(0);
    return torch::where(light > 0.0031308, light.pow(1 / 2.4) * 1.055 - 0.055, light * 12.92).clamp(0, 1);
}

} // namespace tacit::models
