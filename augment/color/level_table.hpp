// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tacit::augment {

/// What becomes of each of the 256 levels of a channel. Whatever treats the values of a channel one by one is such a
/// table, and two in a row are one. Those below are the uint8 arithmetic of torchvision.transforms.v2: fp32, clamped
/// to [0, 255] and truncated, unless it says otherwise.
using LevelTable = std::array<std::uint8_t, 256>;

/// How often each level occurs in one channel.
using Histogram = std::array<std::uint32_t, 256>;

/// x -> factor * x; factor >= 0.
LevelTable brightness_levels(double factor);

/// x -> factor * x + (1 - factor) * mean; factor >= 0.
LevelTable contrast_levels(double factor, float mean);

/// x -> gain * x + 255 * offset.
LevelTable gain_offset_levels(double gain, double offset);

/// x -> 255 * (x / 255)^gamma; gamma >= 0.
LevelTable gamma_levels(double gamma);

/// x -> 255 - x where x >= threshold; a threshold of 0 inverts, one of 256 changes nothing.
LevelTable solarize_levels(int threshold);

/// Keeps the `bits` highest bits, 0..8.
LevelTable posterize_levels(int bits);

/// Every level becomes `level`.
LevelTable constant_levels(std::uint8_t level);

/// Stretches [lowest, highest] to [0, 255]; the identity if they are equal.
LevelTable auto_contrast_levels(int lowest, int highest);

/// Flattens the histogram as Pillow's ImageOps.equalize does; the identity for fewer than 256 pixels below the highest
/// level present.
LevelTable equalize_levels(const Histogram& histogram);

/// out[i] = table[in[i]]; `in` and `out` may be the same.
void map_levels(const std::uint8_t* in, std::uint8_t* out, std::size_t count, const LevelTable& table);

/// The table that does what `first` does and then what `second` does.
LevelTable composed(const LevelTable& first, const LevelTable& second);

} // namespace tacit::augment
