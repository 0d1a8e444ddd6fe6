// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"
#include "pipeline/shards/dataset.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::cli {

/// What a sheet shows: for each sample a row of the plain image (as evaluation sees it), then every view of each epoch.
struct SheetOptions {
    std::vector<std::int64_t> samples;
    std::uint64_t seed = 1;
    bool skip_bad = false;   ///< leave out samples that cannot be used, with a warning
    std::int64_t epochs = 1; ///< columns of views are repeated for epoch 0, 1, …
};

/// A PNG file of what the trainer will see, each picture enlarged by a whole factor to at least 64 pixels, with the
/// operations that were applied and what they drew written under it. What a mask hides is tinted pink, blocks to
/// predict yellow. Of more than 3 channels the first three are shown, of 2 the mean; the text says so. Throws DataError
/// naming the image for one that cannot be used.
std::string contact_sheet(const shards::Dataset& dataset, const augment::Recipe& recipe, const SheetOptions& options);

} // namespace tacit::cli
