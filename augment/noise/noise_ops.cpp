// SPDX-License-Identifier: Apache-2.0
#include "augment/noise/noise.hpp"
#include "augment/recipe/operation.hpp"

#include <span>

namespace tacit::augment {
namespace {

/// Noise of one drawn amount on all values: add(values, amount, draws), with the values of either type in a span.
template <class Add> class ValueNoise final : public AnyPixelOperation<ValueNoise<Add>> {
  public:
    ValueNoise(Add add, Range amount) : add_(add), amount_(amount) {}
    void run(auto& canvas, Draws& draws) const {
        const double amount = draws.uniform(amount_.low, amount_.high);
        canvas.note("{:.2f}", amount);
        const auto image = canvas.edit();
        add_(std::span(image.data, image.shape.values()), amount, draws);
    }

  private:
    Add add_;
    Range amount_;
};

/// White and black instead of a drawn share of the pixels.
class SaltAndPepper final : public AnyPixelOperation<SaltAndPepper> {
  public:
    SaltAndPepper(Range amount, double salt) : amount_(amount), salt_(salt) {}
    void run(auto& canvas, Draws& draws) const {
        const double amount = draws.uniform(amount_.low, amount_.high);
        add_salt_and_pepper(canvas.edit(), amount, salt_, draws);
    }

  private:
    Range amount_;
    double salt_;
};

template <class Add> OperationPtr value_noise(Add add, Range amount) {
    return std::make_unique<ValueNoise<Add>>(add, amount);
}

Range amount_of(OpParams& params, double fallback) {
    return params.range({"amount", "that is changed, of dropout values, else pixels", "share of the image"},
                        {fallback, fallback}, 0.0, 1.0);
}

} // namespace

// sigma is a fraction of full scale, as in torchvision, whose default is 0.1.
OperationPtr make_gaussian_noise(OpParams& params) {
    const auto add = [](auto values, double sigma, const Draws& draws) {
        add_gaussian_noise(values, kWhite<typename decltype(values)::value_type> * sigma, draws);
    };
    return value_noise(add, params.range({"sigma", "standard deviation of what is added", "share of full scale"},
                                         {0.1, 0.1}, 0.0, 10.0));
}

// Defaults of scikit-image's random_noise: a variance of .01, an amount of .05, half of it salt.
OperationPtr make_speckle_noise(OpParams& params) {
    const auto add = [](auto values, double sigma, const Draws& draws) { add_speckle_noise(values, sigma, draws); };
    return value_noise(add, params.range({"sigma", "standard deviation of the noise, as a share of each value"},
                                         {0.1, 0.1}, 0.0, 10.0));
}

OperationPtr make_salt_and_pepper(OpParams& params) {
    const Range amount = amount_of(params, 0.05);
    return std::make_unique<SaltAndPepper>(
        amount, params.number({"salt", "of the changed pixels that become white; the rest become black", "share"}, 0.5,
                              0.0, 1.0));
}

// peak is the number of photons of white: one for each level.
OperationPtr make_poisson_noise(OpParams& params) {
    const auto add = [](auto values, double peak, const Draws& draws) { add_poisson_noise(values, peak, draws); };
    return value_noise(add, params.range({"peak", "of white; fewer are noisier", "photons"}, {255.0, 255.0}, 1.0, 1e6));
}

// Vincent et al. 2010, section 3.3: a share of the pixels becomes black; a quarter is the middle of their range.
OperationPtr make_masking_noise(OpParams& params) {
    return std::make_unique<SaltAndPepper>(amount_of(params, 0.25), 0.0);
}

// The same for every value of every channel by itself.
OperationPtr make_dropout(OpParams& params) {
    const auto drop = [](auto values, double amount, const Draws& draws) {
        add_salt_and_pepper({values.data(), {1, static_cast<int>(values.size()), 1}}, amount, 0.0, draws);
    };
    return value_noise(drop, amount_of(params, 0.1));
}

} // namespace tacit::augment
