// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/block_codecs.hpp"
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/match_copy.hpp"

namespace tacit::shards {
namespace {

std::size_t little(ByteReader& reader, unsigned bytes) {
    std::size_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
        value |= std::size_t{reader.u8()} << 8U * i;
    }
    return value;
}

std::size_t variable_length(ByteReader& reader) {
    std::size_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        const std::size_t byte = reader.u8();
        value |= (byte & 127U) << shift;
        if (byte < 128) {
            break;
        }
    }
    return value;
}

} // namespace

/// The lower two bits of a tag: 0 literals (their number less one in the upper six, or, from 60 on, in up to four bytes
/// that follow), 1 to 3 a match whose distance takes a byte and three bits of the tag, two bytes or four.
std::size_t decode_snappy(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room,
                          std::string_view subject) {
    ByteReader reader(stored, subject);
    MatchWriter writer(room, subject);
    const std::size_t total = variable_length(reader);
    while (reader.left() > 0) {
        const std::size_t tag = reader.u8();
        const std::size_t upper = tag >> 2U;
        switch (tag & 3U) {
        case 0:
            writer.literals(reader.take((upper < 60 ? upper : little(reader, static_cast<unsigned>(upper) - 59)) + 1));
            break;
        case 1:
            writer.match((tag >> 5U) << 8U | reader.u8(), (upper & 7U) + 4);
            break;
        default:
            writer.match(little(reader, (tag & 3U) == 2 ? 2 : 4), upper + 1);
        }
    }
    if (writer.written().size() != total) {
        throw DataError(fmt::format("{}: Snappy makes {} bytes of {}", subject, writer.written().size(), total));
    }
    return total;
}

} // namespace tacit::shards
