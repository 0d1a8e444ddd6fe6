// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/filter_scratch.hpp"

#include <libdeflate.h>
#include <new>
#include <zstd.h>

namespace tacit::shards {
namespace {

std::span<std::uint8_t> grown(std::vector<std::uint8_t>& buffer, std::size_t bytes) {
    if (buffer.size() < bytes) {
        buffer.clear(); // what it held need not be copied
        buffer.resize(bytes);
    }
    return std::span(buffer).first(bytes);
}

} // namespace

FilterScratch::FilterScratch() = default;
FilterScratch::~FilterScratch() = default;
FilterScratch::FilterScratch(FilterScratch&& other) noexcept = default;
FilterScratch& FilterScratch::operator=(FilterScratch&& other) noexcept = default;

void FilterScratch::Closer::operator()(libdeflate_decompressor* state) const {
    libdeflate_free_decompressor(state);
}

void FilterScratch::Closer::operator()(ZSTD_DCtx_s* state) const {
    ZSTD_freeDCtx(state);
}

std::span<std::uint8_t> FilterScratch::between(std::size_t turn, std::size_t bytes) {
    return grown(between_[turn], bytes);
}

std::span<std::uint8_t> FilterScratch::inside(std::size_t bytes) {
    return grown(inside_, bytes);
}

libdeflate_decompressor* FilterScratch::inflater() {
    if (!inflater_) {
        inflater_.reset(libdeflate_alloc_decompressor());
    }
    return inflater_ ? inflater_.get() : throw std::bad_alloc();
}

ZSTD_DCtx_s* FilterScratch::zstd() {
    if (!zstd_) {
        zstd_.reset(ZSTD_createDCtx());
    }
    return zstd_ ? zstd_.get() : throw std::bad_alloc();
}

} // namespace tacit::shards
