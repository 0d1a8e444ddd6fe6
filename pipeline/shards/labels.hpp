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
};

/// A readable data set that holds something else than labels.
class NotLabels : public DataError {
  public:
    using DataError::DataError;
};

/// One label for each of `count` images out of a data set or attribute: class numbers (also as (N, 1, 1) or as whole
/// floating-point numbers), one-hot rows (N, K), or names. Throws NotLabels "<where>: …" if it holds anything else,
/// DataError if it cannot be read.
Labels read_labels(hid_t dataset, const std::string& where, std::int64_t count);
Labels read_label_attribute(hid_t object, const std::string& name, const std::string& where, std::int64_t count);

/// Column `column` of a comma-separated file with a header line. Rows stand in the order of the images; where images
/// have `names`, the first column holds them (with or without an extension) and rows may stand in any order.
Labels read_csv_labels(const std::string& path, const std::string& column, std::int64_t count,
                       const std::vector<std::string>& names);

/// Numbers where all texts are whole numbers from 0, else classes in alphabetical order.
Labels labels_of_texts(const std::vector<std::string>& texts, const std::string& where);

} // namespace tacit::shards
