// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/labels/csv_table.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// Columns of a table that are headed `split`, `fold` or the like, or whose cells are all words for splits
/// (split_of_word()), but for a header.
std::vector<std::size_t> split_columns(const std::vector<CsvRow>& rows);

/// Whether --splits names a column of a table (TABLE:COLUMN) or lists of images (SPLIT=FILE.txt), rather than folders
/// and archives.
bool splits_of_tables(const std::vector<std::string>& splits);

/// `source` with its images in the splits that tables tell: as options.split_folders says, else, where names of folders
/// and archives tell of none, by the one column that holds words for splits, or by lists whose names have such words
/// (train.txt, test.txt), if they tell one of every image. What tells splits and is not taken is noted with the option
/// that takes it. Throws ConfigError, IoError, DataError for --splits that do not fit.
std::unique_ptr<ImageSource> with_splits(std::unique_ptr<ImageSource> source, const ImportOptions& options);

} // namespace tacit::shards
