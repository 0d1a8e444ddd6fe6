// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/draws.hpp"
#include "augment/scratch.hpp"

#include <cstdint>
#include <span>

namespace tacit::augment {

/// Adds independent Gaussian noise of standard deviation `deviation` (in levels) to every value, rounds
/// and clips to 0..255. Normals are the 4096 quantile midpoints of the standard normal, scaled to unit
/// variance and picked by 12 random bits each, so that no value is beyond 3.7 deviations. Value i takes
/// 16 bits of word i / 2 of the bulk blocks of `draws`.
void add_gaussian_noise(std::span<std::uint8_t> values, double deviation, const Draws& draws,
                        Scratch<std::uint32_t>& scratch);

} // namespace tacit::augment
