// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "augment/recipe.hpp"

namespace tacit::augment {

/// Views that one thread makes of `source` in a second, measured over about `seconds` of wall-clock time
/// after a warm-up of a tenth of that. Every sample has its own key, so that all draws vary.
double views_per_second(const Recipe& recipe, ImageView source, double seconds);

} // namespace tacit::augment
