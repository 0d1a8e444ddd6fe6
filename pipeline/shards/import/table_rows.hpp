// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/labels/row_search.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tacit::shards {

/// The names by which tables know the images of a source; empty texts: they have none.
std::vector<std::string> names_of(const ImageSource& source);

/// The images below a folder: their places in `names`, and their names there. "": all.
std::pair<std::vector<std::size_t>, std::vector<std::string>> images_below(const std::vector<std::string>& names,
                                                                           const std::string& folder);

/// The rows of a table beside images; none: it is larger than such a table is. Throws as read_csv() does.
std::vector<CsvRow> rows_beside(const std::string& path);

/// The row of each image, by its name; of images without names those of rows_in_order(). Throws as these do, and
/// DataError where no row fits an image.
RowMatch rows_of_images(const std::string& path, const std::vector<CsvRow>& rows, const TableColumn& wanted,
                        const std::vector<std::string>& names);

/// Counts the rows from `first_row` on that fit none of the `images` ("image"), and those that say again what another
/// said.
void count_rows(const std::string& path, const std::string& images, const std::vector<CsvRow>& rows,
                std::size_t first_row, const RowMatch& match, LeftOutList& left_out);

/// "trainval" of "Main/trainval.txt"; "": the table's name has no word for a split.
std::string split_word_of(const std::string& table);

/// The table that a user names: from here, or from the folder of `source`. Throws as existing_file() does.
std::string existing_table(const std::string& path, const std::string& source);

/// Notes that something was taken from a table at `path`, which the source at `root` may know.
void use_table(SourceInfo& info, const std::string& root, const std::string& path);

} // namespace tacit::shards
