// SPDX-License-Identifier: Apache-2.0
// The undoing of filters: any chain of them, with any values, on any bytes.
//
// Input: mask, element bytes, count of filters (up to 4), u16 bytes of the decoded chunk; for each filter: its place
// in kIds, count of values (up to 7), u16 each (from 0x8000 on its upper half); the rest is the chunk. Numbers are
// little-endian, one byte unless said.
#include "fuzz_target.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/filters/filter_pipeline.hpp"

#include <array>
#include <span>
#include <vector>

namespace {

using tacit::shards::Filter;
using tacit::shards::FilterPipeline;
using tacit::shards::FilterScratch;

constexpr std::array<std::uint32_t, 10> kIds{1, 2, 3, 4, 32000, 32001, 32004, 32008, 32015, 5};

class Input {
  public:
    explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    std::uint32_t u8() {
        if (bytes_.empty()) {
            return 0;
        }
        const std::uint8_t value = bytes_[0];
        bytes_ = bytes_.subspan(1);
        return value;
    }
    std::uint32_t u16() {
        const std::uint32_t low = u8();
        return low | u8() << 8U;
    }
    std::span<const std::uint8_t> rest() const { return bytes_; }

  private:
    std::span<const std::uint8_t> bytes_;
};

std::vector<Filter> filters_of(Input& input, std::uint32_t count) {
    std::vector<Filter> filters(count);
    for (Filter& filter : filters) {
        filter.id = kIds[input.u8() % kIds.size()];
        filter.values.resize(input.u8() % 8);
        for (std::uint32_t& value : filter.values) {
            value = input.u16();
            value <<= value < 0x8000 ? 0U : 16U;
        }
    }
    return filters;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input({data, size});
    const std::uint32_t mask = input.u8();
    const std::uint32_t element_bytes = input.u8();
    const std::uint32_t count = input.u8() % 5;
    std::vector<std::uint8_t> out(input.u16());
    try {
        const FilterPipeline pipeline(filters_of(input, count), element_bytes);
        FilterScratch scratch;
        pipeline.decode(input.rest(), mask, out, scratch);
    } catch (const tacit::DataError&) { // as it should be
    }
    return 0;
}
