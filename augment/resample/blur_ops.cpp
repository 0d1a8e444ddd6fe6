// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/operation.hpp"
#include "augment/resample/blur.hpp"

#include <fmt/format.h>

namespace tacit::augment {
namespace {

constexpr int kMaxKernel = 1023;

class GaussianBlur final : public AnyPixelOperation<GaussianBlur> {
  public:
    GaussianBlur(int kernel, Range sigma) : kernel_(kernel), sigma_(sigma) {}
    void run(auto& canvas, Draws& draws) const {
        const double sigma = draws.uniform(sigma_.low, sigma_.high);
        canvas.note("sigma {:.2f}", sigma);
        gaussian_blur(canvas.edit(), kernel_, sigma, canvas.pixel_buffers().blur);
    }

  private:
    int kernel_;
    Range sigma_;
};

} // namespace

OperationPtr make_gaussian_blur(OpParams& params) {
    const int kernel = params.integer({"kernel_size", "side of the kernel; odd", "pixels"}, 3, 1, kMaxKernel);
    if (kernel % 2 == 0) {
        params.fail(fmt::format("kernel_size is {}, it must be odd", kernel));
    }
    // SimCLR (Chen et al. 2020), appendix A.
    return std::make_unique<GaussianBlur>(
        kernel, params.range({"sigma", "standard deviation of the kernel", "pixels"}, {0.1, 2.0}, 0.01, 1000.0));
}

} // namespace tacit::augment
