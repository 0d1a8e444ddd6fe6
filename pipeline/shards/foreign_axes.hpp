// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/index/foreign_images.hpp"
#include "pipeline/shards/index/foreign_index.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// Sets the axes in `made.spec`, if none are said, for a data set of pixels: `known` ones of its name, else the
/// likeliest, with a doubt where another reading is close. `rows`: numbers of images that labels are for. Throws
/// DataError "<path>: <name>: …".
void choose_axes(const h5::Located& at, const std::string& known, const std::vector<std::uint64_t>& rows,
                 ForeignReading& made);

/// Adds a doubt where nobody said that members of a group are images, and neither names nor a label of each do.
void ask_about_rows(const DataSpec& given, const ForeignImages& images, ForeignReading& made);

} // namespace tacit::shards
