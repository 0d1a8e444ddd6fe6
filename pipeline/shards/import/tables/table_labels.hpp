// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/image_source.hpp"

namespace tacit::shards {

/// `source` in the splits of with_splits(), with the labels that options.labels says: "" its own, and for images that
/// have none those of a table beside them, if one fits their names and has one column that can hold classes; "none"; or
/// TABLE:COLUMN, where `{split}` in TABLE stands for the split, and a table whose name has a split's word is for that
/// split alone. Images without a row have no label; they and rows without an image are told in left_out(). Throws
/// ConfigError for other texts, IoError, DataError naming the table that fits no image or two images alike.
std::unique_ptr<ImageSource> with_labels(std::unique_ptr<ImageSource> source, const ImportOptions& options);

} // namespace tacit::shards
