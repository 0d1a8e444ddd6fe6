// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct libdeflate_decompressor;
struct ZSTD_DCtx_s;

namespace tacit::shards {

/// What one thread needs while it undoes filters: buffers that only grow and the state of the codecs, so that nothing
/// is allocated once chunks of the usual size have been seen (szip apart: libaec allocates for each chunk). One thread
/// at a time.
class FilterScratch {
  public:
    FilterScratch();
    ~FilterScratch();
    FilterScratch(FilterScratch&& other) noexcept;
    FilterScratch& operator=(FilterScratch&& other) noexcept;

    /// `bytes` of memory for what stands between two filters; `turn` 0 and 1 are two buffers.
    std::span<std::uint8_t> between(std::size_t turn, std::size_t bytes);
    /// `bytes` of memory for use inside one filter.
    std::span<std::uint8_t> inside(std::size_t bytes);
    /// libdeflate's state. Throws std::bad_alloc.
    libdeflate_decompressor* inflater();
    /// Zstandard's state. Throws std::bad_alloc.
    ZSTD_DCtx_s* zstd();

  private:
    struct Closer {
        void operator()(libdeflate_decompressor* state) const;
        void operator()(ZSTD_DCtx_s* state) const;
    };
    std::array<std::vector<std::uint8_t>, 2> between_;
    std::vector<std::uint8_t> inside_;
    std::unique_ptr<libdeflate_decompressor, Closer> inflater_;
    std::unique_ptr<ZSTD_DCtx_s, Closer> zstd_;
};

} // namespace tacit::shards
