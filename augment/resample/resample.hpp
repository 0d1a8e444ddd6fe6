// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/geometry/orientation.hpp"
#include "augment/image.hpp"
#include "augment/resample/resample_table.hpp"
#include "augment/resample/resample_taps.hpp"
#include "augment/scratch.hpp"

#include <cstdint>
#include <vector>

namespace tacit::augment {

/// Recently used tables.
class ResampleTables {
  public:
    /// Valid until the next call.
    const ResampleTable& get(const ResampleKey& key);

  private:
    std::vector<ResampleTable> tables_ = std::vector<ResampleTable>(1024);
};

/// What crop_resize keeps between calls: tables, and the rows between its two passes.
struct ResampleScratch {
    ResampleTables across;
    ResampleTables down;
    Scratch<std::uint8_t> ring;
    Scratch<std::uint8_t> short_rows;
    Scratch<const std::uint8_t*> taps;
};

/// Cuts `box` out of `source`, resizes it to the shape of `out` (antialiased, the box's border being the border of the
/// image as in torchvision's resized_crop) and mirrors it. Equal channel counts; `out` must not overlap `source`. The
/// bytes are those of PyTorch's uint8 interpolate: horizontal pass first, uint8 between the passes.
void crop_resize(ImageView source, const Box& box, Interpolation interpolation, Mirror mirror, MutableImageView out,
                 ResampleScratch& scratch);

/// What crop_resize of floats keeps between calls.
struct FloatResampleScratch {
    ResampleTaps across;
    ResampleTaps down;
    Scratch<float> row;
};

/// The same of floats, in fp32 throughout: that of PyTorch's float interpolate, by whose rounding results may differ.
void crop_resize(FloatImageView source, const Box& box, Interpolation interpolation, Mirror mirror,
                 MutableFloatImageView out, FloatResampleScratch& scratch);

} // namespace tacit::augment
