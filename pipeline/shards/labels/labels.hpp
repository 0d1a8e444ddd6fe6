// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/location.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// Class of each image and the names of the classes.
struct Labels {
    std::vector<std::int32_t> values; ///< -1 where unlabelled
    std::vector<std::string> classes;
    std::string note;   ///< why a list of names did not name the classes; empty: there is none, or it did
    std::string joined; ///< which column of a table told the images apart; empty: none
};

/// What texts name. An empty text is no class, and neither is -1 among numbers; as splits both are names.
enum class Meaning { classes, splits };

/// A readable data set that holds something else than labels.
class NotLabels : public DataError {
  public:
    using DataError::DataError;
};

/// One label for each of `count` images out of a data set or attribute: class numbers (also as (N, 1, 1) or as whole
/// floating-point numbers), one-hot rows (N, K), or names. Numbers are named as their enumeration or a list of the file
/// says (name_classes()), else by themselves.
/// Throws NotLabels "<where>: …" if it holds anything else, DataError if it cannot be read.
Labels read_labels(hid_t dataset, const std::string& where, std::int64_t count, Meaning meaning = Meaning::classes);
Labels read_label_attribute(hid_t object, const std::string& name, const std::string& where, std::int64_t count,
                            Meaning meaning = Meaning::classes);

/// Column `column` of a table (read_csv()). Rows stand in the order of the images; where images have `names`, one of
/// the columns holds them and rows may stand in any order (match_rows()). Throws DataError where an image has no row.
Labels read_csv_labels(const std::string& path, const std::string& column, std::int64_t count,
                       const std::vector<std::string>& names, Meaning meaning = Meaning::classes);

/// Why these texts name no classes: one is a fraction, several numbers, or a number that no class has. "" if they may.
std::string why_no_classes(const std::vector<std::string>& texts);

/// Classes 0 … K - 1 named by their numbers; -1 is no label. Throws NotLabels "<where>: …" for other numbers.
Labels labels_of_numbers(const std::vector<double>& values, const std::string& where);

/// Rows of `classes` values each, one of them 1 and the others 0; a class for each column. Throws NotLabels "<where>: …
/// <remedy>" for other rows.
Labels labels_of_one_hot(const std::vector<double>& values, std::size_t classes, const std::string& where,
                         const std::string& remedy = "");

/// Numbers where all texts are whole numbers from 0, as classes also 7.0 (or name no class), else classes in
/// alphabetical order.
Labels labels_of_texts(const std::vector<std::string>& texts, const std::string& where, Meaning meaning);

/// The same, but never numbers: `classes` in their places, and new names behind them in alphabetical order.
Labels labels_of_names(const std::vector<std::string>& texts, std::vector<std::string> classes,
                       Meaning meaning = Meaning::classes);

} // namespace tacit::shards
