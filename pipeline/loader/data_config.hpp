// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/shards/dataset.hpp"

#include <string>
#include <vector>

namespace tacit::loader {

/// The `data` section.
struct DataConfig {
    std::string path;            ///< folder of shards or one .h5 file; required
    std::string train = "train"; ///< split to train on
    std::string test = "test";   ///< split to evaluate on
    std::vector<double> mean;    ///< per channel in [0, 1]; empty: what the shards store
    std::vector<double> std;
    int workers = 0; ///< loader threads per rank; 0: from cores and ranks
    int slots = 3;   ///< batches in the ring
};

DataConfig read_data(const config::Section& data);

/// The `augment` section: recipe (default `default_recipe`), size (default: the images' height, at most 224)
/// and overrides ({operation: {parameter: value | [values], p: value}}) -> a RecipeSpec for `info`.
augment::RecipeSpec read_recipe(const config::Section& augment, const std::string& default_recipe,
                                const shards::DatasetInfo& info);

/// The deterministic recipe that evaluation uses: resize (antialiased) to size x size, centre crop.
augment::RecipeSpec eval_recipe(int size, int channels);

} // namespace tacit::loader
