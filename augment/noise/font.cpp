// SPDX-License-Identifier: Apache-2.0
#include "augment/noise/font.hpp"

#include <array>

namespace tacit::augment {
namespace {

constexpr char kFirst = ' ';

/// Glyphs of ' ' to '_': one octal digit a row from the top, 4 being its left point and 1 its right one.
constexpr std::array<int, 64> kGlyphs{
    000000, 022202, 055000, 057575, 036236, 051245, 025253, 022000, //  !"#$%&'
    012221, 042224, 052500, 002720, 000024, 000700, 000002, 011244, // ()*+,-./
    075557, 026227, 071747, 071717, 055711, 074717, 074757, 071111, // 01234567
    075757, 075717, 002020, 002024, 012421, 007070, 042124, 061202, // 89:;<=>?
    025743, 025755, 065656, 034443, 065556, 074647, 074644, 034553, // @ABCDEFG
    055755, 072227, 011152, 055655, 044447, 057755, 065555, 025552, // HIJKLMNO
    065644, 025563, 065655, 034216, 072222, 055557, 055552, 055775, // PQRSTUVW
    055255, 055222, 071247, 064446, 044211, 031113, 025000, 000007, // XYZ[\]^_
};

} // namespace

bool glyph_covers(char character, int x, int y) {
    const bool lower = character >= 'a' && character <= 'z';
    const int index = (lower ? character - 'a' + 'A' : character) - kFirst;
    const bool known = index >= 0 && index < static_cast<int>(kGlyphs.size());
    const int glyph = kGlyphs[static_cast<std::size_t>(known ? index : '?' - kFirst)];
    const int point = (kGlyphHeight - 1 - y) * kGlyphWidth + kGlyphWidth - 1 - x;
    return (glyph >> point & 1) == 1;
}

} // namespace tacit::augment
