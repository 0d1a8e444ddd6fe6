// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"
#include "pipeline/shards/labels/csv_table.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tacit::shards {

/// Which row of a table belongs to each image.
struct RowMatch {
    static constexpr std::size_t kNone = ~std::size_t{0};

    std::size_t column = 0;        ///< that holds the images' names
    std::string named_by;          ///< what it is called; its number, from 1, where there is no header
    std::vector<std::size_t> rows; ///< of each image; kNone: there is none
    std::size_t found = 0;         ///< images that have one
    /// {image, row}: rows that fit an image which has one before them.
    std::vector<std::pair<std::size_t, std::size_t>> again;

    /// "t.csv: images are WHAT by column 'id'"; empty: by none. `what`: named or numbered.
    std::string text(const std::string& path, const char* what) const;
};

/// Rows of a table that fit two images each.
class SharedRows : public DataError {
  public:
    SharedRows(const std::string& message, std::size_t images) : DataError(message), found(images) {}
    std::size_t found; ///< images that have a row, alone or not
};

/// Throws DataError naming `path` where two rows of one image have other labels: `label` is called with a row's place.
void refuse_two_labels(const std::string& path, const std::vector<CsvRow>& rows, const RowMatch& match,
                       const std::vector<std::string>& names, const std::function<std::string(std::size_t row)>& label);

/// Finds the rows of images by their names: by the whole name, else without an image file's extension, else without
/// folders too, else without any extension of the row's; backslashes count as slashes. The names stand in column
/// `wanted.names`, else in the one, other than `wanted.column`, where most of them are found (of equals the one with
/// the most exact names, then the leftmost). Rows before `wanted.first_row` are a header. Throws DataError naming
/// `path` where another column names the images as exactly and gives them other labels (rows, if `wanted.column` is
/// kOpen), where as many numbers as there are images fit some of them alone, or, of a known `wanted.column`, two rows
/// fit one image (refuse_two_labels()); SharedRows where two images fit one row.
RowMatch match_rows(const std::string& path, const std::vector<CsvRow>& rows, const TableColumn& wanted,
                    const std::vector<std::string>& names);

/// The rows of `count` images without names: column `wanted.names`, or one other than `wanted.column` that is headed
/// `index`, `id` or the like, whose cells are 0 … count - 1, or 1 … count, in any order, numbers the images, and
/// RowMatch::named_by says so (of rows with the same number and label any); else rows stand in the order of the images.
/// Throws DataError naming `path` where no column numbers them and there are more or fewer rows or one that is headed
/// so holds other numbers in disorder; where two columns number them otherwise and give them other labels; and where a
/// column with another header, or none, would.
RowMatch rows_in_order(const std::string& path, const std::vector<CsvRow>& rows, const TableColumn& wanted,
                       std::size_t count);

/// Where images are hardly named as rows are, what might be meant: "rows hold '1', images have names such as
/// '0001.png': the same numbers". Names a row's cell and an image either way.
std::string near_names(const std::vector<CsvRow>& rows, const std::vector<std::string>& names);

} // namespace tacit::shards
