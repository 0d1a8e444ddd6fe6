// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/metadata.hpp"

#include <string>
#include <vector>

namespace tacit::shards::h5 {

/// One part of a virtual data set, and where its numbers come from.
struct Mapping {
    Handle target;    ///< space with the part selected
    Handle source;    ///< space with what is read selected; its extent is unknown if that is all of the source
    std::string file; ///< as the data set names it; ".": its own
    std::string dataset;
};

/// The mappings of an open data set, in the order of the file; none if it is not virtual. Throws DataError
/// "<where>: …", also for names by printf's %b, one for every block: Tacit does not follow those.
std::vector<Mapping> mappings_of(hid_t dataset, const std::string& where);

/// Walks the mappings of a virtual data set as they stand in the global heap, to the checksum at their end: libhdf5
/// writes as many numbers as a selection claims dimensions, however many those are. Follows "HDF5 File Format
/// Specification 3.0", III.F (global heap block for virtual data sets) and VIII (selections). Throws DataError with the
/// reason alone.
void check_mappings(MetadataBlock block);

} // namespace tacit::shards::h5
