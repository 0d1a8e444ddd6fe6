// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "augment/random/draws.hpp"
#include "augment/recipe/op_params.hpp"
#include "augment/resample/resample.hpp"

namespace tacit::augment {

/// Area fraction and width / height ratio of a random crop; the defaults are those of Inception-style
/// training (Szegedy et al. 2015), as in torchvision.
struct CropRange {
    Range scale{0.08, 1.0};
    Range ratio{3.0 / 4.0, 4.0 / 3.0};
};

/// The box of torchvision's RandomResizedCrop: up to ten draws of area (uniform) and ratio
/// (log-uniform), the first that fits placed uniformly; else the largest central box whose ratio is in
/// range. Lies inside `shape`.
Box random_crop_box(ImageShape shape, const CropRange& range, Draws& draws);

} // namespace tacit::augment
