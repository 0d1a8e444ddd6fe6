// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/block_codecs.hpp"
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/match_copy.hpp"

namespace tacit::shards {
namespace {

constexpr std::size_t kNear = 8191; // the longest distance that 13 bits say; the highest code leads to 16 bits more

std::size_t match_length(ByteReader& reader, std::size_t control) {
    std::size_t length = (control >> 5U) - 1;
    if (length == 6) {
        std::size_t more = 255;
        while (more == 255) {
            more = reader.u8();
            length += more;
        }
    }
    return length + 3;
}

std::size_t match_distance(ByteReader& reader, std::size_t control) {
    const std::size_t near = (control & 31U) << 8U | reader.u8();
    if (near != kNear) {
        return near + 1;
    }
    const std::size_t high = reader.u8();
    return (high << 8U | reader.u8()) + kNear + 1;
}

} // namespace

/// Control bytes as in LZF, with lengths from 3 on that grow by as many bytes of 255 as it takes. The first is always
/// a run of literals; its upper bits name the variant.
std::size_t decode_blosclz(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room,
                           std::string_view subject) {
    ByteReader reader(stored, subject);
    MatchWriter writer(room, subject);
    std::size_t control = reader.u8() & 31U;
    for (;;) {
        if (control < 32) {
            writer.literals(reader.take(control + 1));
        } else {
            const std::size_t length = match_length(reader, control);
            writer.match(match_distance(reader, control), length);
        }
        if (reader.left() == 0) {
            return writer.written().size();
        }
        control = reader.u8();
    }
}

} // namespace tacit::shards
