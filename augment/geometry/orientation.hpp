// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

namespace tacit::augment {

/// Which borders of an image change places.
struct Mirror {
    bool horizontal = false; ///< left and right
    bool vertical = false;   ///< top and bottom
};

/// One of the eight ways to lay an image on the pixel grid: mirrored first, then transposed (rows become columns).
struct Orientation {
    Mirror mirror;
    bool transposed = false;

    static Orientation mirrored(Mirror mirror) { return {mirror, false}; }
    /// `turns` in 0..3 quarter turns counter-clockwise: torch.rot90(image, turns).
    static Orientation quarter_turns(int turns);

    /// This one and `next` after it.
    Orientation then(Orientation next) const;
    bool upright() const { return !mirror.horizontal && !mirror.vertical && !transposed; }
    ImageShape shape(ImageShape source) const;
};

/// Lays `source` into `out`, which has the shape orientation.shape(source.shape) and must not overlap it.
void orient(ImageView source, Orientation orientation, MutableImageView out);

} // namespace tacit::augment
