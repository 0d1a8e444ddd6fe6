// SPDX-License-Identifier: Apache-2.0
#include "models/losses/ssim.hpp"

#include "models/losses/precision.hpp"

#include <torch/types.h>

namespace tacit::models {
namespace {

constexpr double kSigma = 1.5;
constexpr double kLuminance = 0.01 * 0.01; ///< (K1 L)^2 for a range L of 1
constexpr double kContrast = 0.03 * 0.03;

/// Weighted means in windows around each pixel of [N, 1, H, W], by two passes.
class GaussianWindow {
  public:
    GaussianWindow(std::int64_t size, const at::TensorOptions& options) {
        const at::Tensor place = torch::arange(size, options) - static_cast<double>(size - 1) / 2;
        const at::Tensor weights = (-place.square() / (2 * kSigma * kSigma)).exp();
        kernel_ = (weights / weights.sum()).view({1, 1, 1, size});
    }

    at::Tensor operator()(const at::Tensor& images) const {
        return torch::conv2d(torch::conv2d(images, kernel_), kernel_.transpose(2, 3));
    }

  private:
    at::Tensor kernel_;
};

} // namespace

at::Tensor ssim(const at::Tensor& images, const at::Tensor& others, std::int64_t window) {
    const FullPrecisionScope scope;
    // In float64: variances are small differences of second moments, and stand in a denominator.
    const auto planes = [](const at::Tensor& all) { return all.to(torch::kDouble).flatten(0, 1).unsqueeze(1); };
    const at::Tensor x = planes(images);
    const at::Tensor y = planes(others);
    const GaussianWindow mean(window, x.options());
    const at::Tensor mean_x = mean(x);
    const at::Tensor mean_y = mean(y);
    const at::Tensor variances = mean(x * x + y * y) - mean_x * mean_x - mean_y * mean_y;
    const at::Tensor covariance = mean(x * y) - mean_x * mean_y;
    const at::Tensor similar = (2 * mean_x * mean_y + kLuminance) * (2 * covariance + kContrast);
    const at::Tensor scale = (mean_x * mean_x + mean_y * mean_y + kLuminance) * (variances + kContrast);
    const at::Tensor means = (similar / scale).mean({1, 2, 3}).view({images.size(0), images.size(1)}).mean(1);
    return means.to(full_precision(images).scalar_type());
}

at::Tensor ssim_share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count,
                      std::int64_t window) {
    return (1 - ssim(output, target, window)).sum() / static_cast<double>(global_count);
}

} // namespace tacit::models
