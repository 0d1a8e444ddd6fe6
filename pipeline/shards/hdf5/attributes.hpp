// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards::h5 {

/// Attributes of `object`; all throw DataError "<where>: attribute '<name>' …" when missing or of another kind.
/// The names of all; "" for one that cannot be read, and then none behind it.
std::vector<std::string> attribute_names(hid_t object);
bool has_attribute(hid_t object, const std::string& name, const std::string& where);
bool is_text_attribute(hid_t object, const std::string& name, const std::string& where);
/// Numbers or texts in it; -1: it is not there, or holds something else.
std::int64_t attribute_values(hid_t object, const std::string& name, const std::string& where);
std::int64_t integer_attribute(hid_t object, const std::string& name, const std::string& where);
std::vector<double> number_attribute(hid_t object, const std::string& name, const std::string& where);
std::vector<std::string> text_attribute(hid_t object, const std::string& name, const std::string& where);

/// All elements of a data set of texts, or of field `field`, of texts of one length, of a table. Throws DataError
/// "<where>: …".
std::vector<std::string> read_texts(hid_t dataset, const std::string& where, const std::string& field = "");

} // namespace tacit::shards::h5
