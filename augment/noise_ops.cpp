// SPDX-License-Identifier: Apache-2.0
#include "augment/noise.hpp"
#include "augment/operation.hpp"

namespace tacit::augment {
namespace {

class GaussianNoise final : public Operation {
  public:
    explicit GaussianNoise(Range sigma) : sigma_(sigma) {}
    void apply(Canvas& canvas, Draws& draws) const override {
        const double sigma = draws.uniform(sigma_.low, sigma_.high);
        canvas.note("sigma {:.2f}", sigma);
        const MutableImageView image = canvas.edit();
        add_gaussian_noise({image.data, image.shape.bytes()}, 255.0 * sigma, draws, canvas.buffers().random);
    }

  private:
    Range sigma_;
};

} // namespace

// sigma is a fraction of full scale, as in torchvision, whose default is 0.1.
OperationPtr make_gaussian_noise(OpParams& params) {
    return std::make_unique<GaussianNoise>(params.range("sigma", {0.1, 0.1}, 0.0, 10.0));
}

} // namespace tacit::augment
