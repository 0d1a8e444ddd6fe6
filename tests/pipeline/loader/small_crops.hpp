// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"

namespace tacit::testing {

/// A small random part of each image: the cheapest view that depends on every draw.
inline augment::RecipeSpec small_crops() {
    const augment::ViewSpec view{
        {{"random_resized_crop", 1.0, {{"scale", {0.001, 0.01}}}}, {"horizontal_flip", 0.5, {}}}};
    return {"small crops", 8, {view}};
}

} // namespace tacit::testing
