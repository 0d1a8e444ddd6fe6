// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/filters/filter_pipeline.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

using ByteVector = std::vector<std::uint8_t>;

/// A chunk that libhdf5 wrote (tests/oracle/filters_fixtures.py).
struct FilterCase {
    std::string name;
    std::size_t element_bytes = 0;
    std::uint32_t mask = 0;
    std::vector<Filter> filters;
    ByteVector stored;
    ByteVector expected;

    FilterPipeline pipeline() const { return {filters, element_bytes}; }
};

/// All of them; read once.
const std::vector<FilterCase>& filter_cases();
/// Throws std::out_of_range.
const FilterCase& filter_case(const char* name);

/// What `pipeline` makes of `stored` for a chunk of `bytes`.
ByteVector decoded(const FilterPipeline& pipeline, const ByteVector& stored, std::uint32_t mask, std::size_t bytes);

} // namespace tacit::shards
