// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"
#include "pipeline/shards/read/extents.hpp"

#include <string>
#include <vector>

namespace tacit::shards::h5 {

/// All elements of a data set of numbers or of texts of one length into `to`, as elements of type `memory`: by libhdf5,
/// or, of chunks whose filters or layout it does not know, by ourselves. Throws DataError "<where>: cannot be read: …".
void read_all(hid_t dataset, hid_t memory, void* to, const std::string& where);

/// The type of field `field` of a table, and the type in memory of that field alone, as `memory`; "": all of it.
Handle field_type(hid_t table, const std::string& field);
Handle one_field(const std::string& field, hid_t memory);

/// The same for values of one size, or such a field, each as a T, which `memory` describes.
template <class T>
std::vector<T> read_values(hid_t dataset, hid_t memory, const std::string& where, const std::string& field = "") {
    const std::uint64_t count = capped_product(dimensions(dataset));
    require_plausible(dataset, count, where);
    std::vector<T> values(static_cast<std::size_t>(count));
    read_all(dataset, one_field(field, memory).get(), values.data(), where);
    return values;
}

/// All elements of a data set of variable-length texts, read in the same way.
std::vector<std::string> read_variable_texts(hid_t dataset, const std::string& where);

} // namespace tacit::shards::h5
