// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/shards/dataset.hpp"

#include <string>

namespace tacit::loader {

/// The `augment` section -> a RecipeSpec for `info`: a built-in recipe (`recipe`, default `default_recipe`) with
/// `overrides` ({operation: {p: …, parameter: …}}, for every view that has the operation), or `views` of one's own
/// ([{repeat, size, draw, operations: [{operation: {p: …, parameter: …}}]}]); and `size`, the side of views that name
/// none (default: the images' height, at most 224). docs/augmentation.md has examples. Throws ConfigError.
augment::RecipeSpec read_recipe(const config::Section& augment, const std::string& default_recipe,
                                const shards::DatasetInfo& info);

/// The deterministic recipe that evaluation uses: resize (antialiased) to size x size, centre crop.
augment::RecipeSpec eval_recipe(int size, int channels);

} // namespace tacit::loader
