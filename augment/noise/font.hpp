// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tacit::augment {

/// A bitmap font for marks on pictures: ASCII without lower case, whose letters are drawn as capitals.
inline constexpr int kGlyphWidth = 3;
inline constexpr int kGlyphHeight = 5;

/// Whether the glyph of `character` covers the point (x, y), 0 <= x < kGlyphWidth, 0 <= y < kGlyphHeight from the top
/// left. What the font does not have looks like '?'.
bool glyph_covers(char character, int x, int y);

} // namespace tacit::augment
