// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"
#include "pipeline/cli/command.hpp"
#include "pipeline/loader/data_config.hpp"
#include "pipeline/shards/dataset.hpp"

namespace tacit::cli {

/// A data set and the recipe that makes views of its images.
struct ViewSource {
    loader::DataConfig data;
    shards::Dataset dataset;
    augment::Recipe recipe;
    std::uint64_t seed = 1;  ///< the config's
    double open_seconds = 0; ///< that indexing and opening the data set took
};

/// PATH, --recipe, --size, --split, --config, --set and those of add_data_options()
void add_view_options(OptionTable& table);
/// What the options name: the config's data and augmentation, where flags take precedence; or, with a PATH and
/// no config, that data set and the recipe simclr or --recipe.
ViewSource open_views(const Call& call);

} // namespace tacit::cli
