// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"
#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/read/image_part.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// What a file holds is open as long as the config does not say it.
class UnsureReading : public DataError {
  public:
    using DataError::DataError;
};

/// How a file that Tacit did not write is read, and why so.
struct ForeignReading {
    FileIndex index;
    DataSpec spec;             ///< as given, with images, labels and axes that were chosen
    bool usual_images = false; ///< images have a known name: a reader finds them without being told
    bool usual_labels = false; ///< labels too
    bool open_labels = false;  ///< doubts are about which labels count
    std::string order;         ///< of the images of a group: what it follows, and the first and last of their names
    std::vector<std::string> lists;  ///< GroupImages::lists
    std::vector<std::string> notes;  ///< what was assumed, and what is no label
    std::vector<std::string> doubts; ///< what else it could be; who is not asked must refuse
};

/// Weighs what the file at `path` tells of `split` (empty: the one it holds) beyond `spec`: known names, shapes,
/// numbers of labels, squareness, orders. Of a file without known names it takes the likeliest array. Throws DataError;
/// ConfigError for names in `spec` that do not fit.
ForeignReading read_foreign(const std::string& path, const DataSpec& spec, const std::string& split);

/// The index of that reading. Throws UnsureReading with the doubts and a `data` section that settles them; warns of
/// notes on labels that were not found.
FileIndex index_foreign(const std::string& path, const DataSpec& spec, const std::string& split);

} // namespace tacit::shards
