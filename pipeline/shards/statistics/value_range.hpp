// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/element.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

/// The range that a type of whole numbers spans; empty for floating-point numbers, whose range must be told.
std::vector<double> natural_range(Element element);

// Numbers of `element` between low and high, those outside moved to the ends, NaN to low. `from` holds out.size()
// elements in this machine's byte order and need not be aligned.

/// As 8-bit levels: round(255 (x - low) / (high - low)).
void to_u8(std::span<const std::uint8_t> from, Element element, double low, double high, std::span<std::uint8_t> out);
/// As floats from 0 to 1: (x - low) / (high - low).
void to_float(std::span<const std::uint8_t> from, Element element, double low, double high, std::span<float> out);

} // namespace tacit::shards
