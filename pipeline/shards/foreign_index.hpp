// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/hdf5/location.hpp"
#include "pipeline/shards/image_part.hpp"

#include <optional>
#include <string>

namespace tacit::shards {

/// The objects of a file that hold one split.
struct ForeignNames {
    std::string images;
    std::string labels; ///< empty: none found
};

/// Objects with usual names: `images`, `x`, `X`, `data` and others, with labels `labels`, `y`, `ans` and others beside
/// them; of a split, `<split>_x`, `x_<split>` or `<split>/images`. A file without splits holds split "train". nullopt
/// when no name fits.
std::optional<ForeignNames> guess_names(hid_t file, const std::string& split);

/// Indexes an HDF5 file that Tacit did not write. Throws DataError; ConfigError for names in `spec` that do not fit.
FileIndex index_foreign(const std::string& path, const DataSpec& spec, const std::string& split);

} // namespace tacit::shards
