// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "augment/random/draws.hpp"

#include <cstdint>
#include <span>

namespace tacit::augment {

// Noise in place, rounded and clipped to 0..255, or of floats clipped to [0, 1]. Value (or pixel) i takes 16 bits of
// the bulk blocks of `draws`. A normal is the sum of two draws from the 256 quantile midpoints of the standard normal,
// scaled to unit variance: 2^16 values, none beyond 4.2 deviations.

/// Adds independent Gaussian noise of standard deviation `deviation` (in levels, below 4096; of floats in shares of
/// white) to every value.
void add_gaussian_noise(std::span<std::uint8_t> values, double deviation, const Draws& draws);
void add_gaussian_noise(std::span<float> values, double deviation, const Draws& draws);

/// x -> x + x * n with n Gaussian of standard deviation `deviation` (multiplicative noise).
void add_speckle_noise(std::span<std::uint8_t> values, double deviation, const Draws& draws);
void add_speckle_noise(std::span<float> values, double deviation, const Draws& draws);

/// Shot noise: x becomes the level of a Poisson count whose mean is x in photons, white being `peak` photons. Means
/// from 10 on by the normal approximation with the skewness term of Cornish and Fisher (1938), lower ones by inversion.
void add_poisson_noise(std::span<std::uint8_t> values, double peak, const Draws& draws);
void add_poisson_noise(std::span<float> values, double peak, const Draws& draws);

/// Every pixel becomes white with probability amount * salt, black with probability amount * (1 - salt), in all
/// channels.
void add_salt_and_pepper(MutableImageView image, double amount, double salt, const Draws& draws);
void add_salt_and_pepper(MutableFloatImageView image, double amount, double salt, const Draws& draws);

} // namespace tacit::augment
