// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/filters/filter_scratch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tacit::shards {

/// One filter of a chunked HDF5 data set, as the file records it.
struct Filter {
    std::uint32_t id = 0;              ///< as registered with the HDF Group
    std::vector<std::uint32_t> values; ///< cd_values
};

/// Undoes the filters of one data set's chunks without libhdf5, and hence without its lock.
class FilterPipeline {
  public:
    /// `filters` in the order in which they were applied; `element_bytes` is the size of the data set's type in the
    /// file. Throws DataError, with the reason alone, if there is a filter that decodes() denies, or a value makes no
    /// sense.
    FilterPipeline(std::vector<Filter> filters, std::size_t element_bytes);

    /// True if Tacit undoes this filter itself: deflate, shuffle, fletcher32, szip, LZF, Blosc, LZ4, bitshuffle and
    /// Zstandard.
    static bool decodes(std::uint32_t id);
    /// What people call the filter, for messages: "gzip", "bitshuffle", "filter 32013".
    static std::string name(std::uint32_t id);

    /// Undoes the filters of one chunk, last to first. Bit i of `mask`: filter i was skipped for this chunk. `out` is
    /// exactly as long as the decoded chunk and must not overlap `stored`; it is undefined after an error. The
    /// scratch grows to at most twice its size and 64 KiB for each of two buffers between filters, and one inside
    /// them (nine times for elements wider than 64 bytes). Thread-safe, with one scratch a thread. Throws DataError
    /// with the reason alone: the caller knows file, data set and chunk.
    void decode(std::span<const std::uint8_t> stored, std::uint32_t mask, std::span<std::uint8_t> out,
                FilterScratch& scratch) const;

  private:
    std::vector<Filter> filters_;
};

} // namespace tacit::shards
