// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/filter_pipeline.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/filters/decoders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace tacit::shards {
namespace {

/// What a filter did to the size of the data.
enum class Effect { none, checksum, compression };

struct Decoder {
    std::uint32_t id;
    const char* name;
    Effect effect;
    Bytes (*undo)(Bytes, Room, const Filter&, FilterScratch&);
    void (*check)(Filter&, std::size_t);
};

// Ids: H5Zpublic.h, and HDF Group's list of registered filter plugins.
constexpr std::array kDecoders{
    Decoder{1, "gzip", Effect::compression, undo_deflate, nullptr},
    Decoder{2, "shuffle", Effect::none, undo_shuffle, check_shuffle},
    Decoder{3, "fletcher32", Effect::checksum, undo_fletcher32, nullptr},
    Decoder{4, "szip", Effect::compression, undo_szip, check_szip},
    Decoder{32000, "LZF", Effect::compression, undo_lzf, nullptr},
    Decoder{32001, "Blosc", Effect::compression, undo_blosc, nullptr},
    Decoder{32004, "LZ4", Effect::compression, undo_lz4, nullptr},
    Decoder{32008, "bitshuffle", Effect::compression, undo_bitshuffle, check_bitshuffle},
    Decoder{32015, "Zstandard", Effect::compression, undo_zstd, nullptr},
};
constexpr std::array<std::pair<std::uint32_t, const char*>, 6> kOtherNames{
    {{5, "n-bit"}, {6, "scale-offset"}, {307, "bzip2"}, {32013, "ZFP"}, {32017, "SZ"}, {32026, "Blosc2"}}};
constexpr std::size_t kMostFilters = 32; // H5Z_MAX_NFILTERS; the mask has a bit for each
constexpr std::size_t kChecksumBytes = 4;

const Decoder* decoder_of(std::uint32_t id) {
    const auto* found = std::find_if(kDecoders.begin(), kDecoders.end(), [id](const Decoder& d) { return d.id == id; });
    return found == kDecoders.end() ? nullptr : found;
}

Effect effect_of(const Filter& filter) {
    const Decoder& decoder = *decoder_of(filter.id);
    return decoder.undo == undo_bitshuffle && !bitshuffle_compresses(filter) ? Effect::none : decoder.effect;
}

/// The size of the data that a filter was given: exact, or after an earlier compression a bound. No codec here makes
/// data longer than twice what it is given, apart from its headers.
struct Extent {
    std::size_t bytes;
    bool exact = true;

    void pass(Effect effect) {
        if (effect == Effect::compression && exact) {
            bytes = 2 * bytes + 65536;
            exact = false;
        } else if (effect == Effect::checksum) {
            bytes += kChecksumBytes;
        }
    }
};

void expect(const Extent& extent, std::size_t bytes, const char* name) {
    if (extent.exact ? bytes != extent.bytes : bytes > extent.bytes) {
        throw DataError(fmt::format("{}: {} bytes come out, {}{} expected", name, bytes, extent.exact ? "" : "at most ",
                                    extent.bytes));
    }
}

bool skipped(std::uint32_t mask, std::size_t index) {
    return (mask >> index & 1U) != 0;
}

} // namespace

bool FilterPipeline::decodes(std::uint32_t id) {
    return decoder_of(id) != nullptr;
}

std::string FilterPipeline::name(std::uint32_t id) {
    if (const Decoder* decoder = decoder_of(id)) {
        return decoder->name;
    }
    const auto* other = std::find_if(kOtherNames.begin(), kOtherNames.end(), [id](auto& e) { return e.first == id; });
    return other == kOtherNames.end() ? fmt::format("filter {}", id) : other->second;
}

FilterPipeline::FilterPipeline(std::vector<Filter> filters, std::size_t element_bytes) : filters_(std::move(filters)) {
    if (filters_.size() > kMostFilters) {
        throw DataError(fmt::format("{} filters; HDF5 has at most {}", filters_.size(), kMostFilters));
    }
    for (Filter& filter : filters_) {
        const Decoder* decoder = decoder_of(filter.id);
        if (decoder == nullptr) {
            throw DataError(fmt::format("{} is not decoded by Tacit itself", name(filter.id)));
        }
        if (decoder->check != nullptr) {
            decoder->check(filter, element_bytes);
        }
    }
}

void FilterPipeline::decode(std::span<const std::uint8_t> stored, std::uint32_t mask, std::span<std::uint8_t> out,
                            FilterScratch& scratch) const {
    Bytes data = stored;
    std::size_t turn = 0;
    for (std::size_t i = filters_.size(); i-- > 0;) {
        if (skipped(mask, i)) {
            continue;
        }
        Extent extent{out.size()};
        bool last = true;
        for (std::size_t earlier = 0; earlier < i; ++earlier) {
            if (!skipped(mask, earlier)) {
                extent.pass(effect_of(filters_[earlier]));
                last = false;
            }
        }
        const Decoder& decoder = *decoder_of(filters_[i].id);
        // A checksum is cut off where it stands.
        const bool moves = decoder.effect != Effect::checksum;
        const Room room = !moves ? Room() : last ? out : scratch.between(turn, extent.bytes);
        turn ^= moves ? 1U : 0U;
        data = decoder.undo(data, room, filters_[i], scratch);
        expect(extent, data.size(), decoder.name);
    }
    if (data.size() != out.size()) {
        throw DataError(fmt::format("{} bytes are stored, {} expected", data.size(), out.size()));
    }
    if (data.data() != out.data() && !out.empty()) {
        std::memcpy(out.data(), data.data(), out.size());
    }
}

} // namespace tacit::shards
