// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/element.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// What is known of an array of images beside its shape.
struct AxesEvidence {
    bool matlab = false;             ///< MATLAB wrote it: columns come before rows
    bool scan = false;               ///< named as a scan with an image at each place (4D-STEM)
    std::vector<std::uint64_t> rows; ///< numbers of images that lists of labels are for
};

struct AxesGuess {
    std::string letters; ///< of Axes; without N: the array is one image
    std::string other;   ///< nearly as likely a reading; empty: there is none
};

/// The likeliest meaning of a shape of 3 to 5 dimensions: a dimension that labels count is that of the images; 1, 3 or
/// 4 are channels, or up to 32 that are no more than an image's sides; images are square rather than long; usual orders
/// come before unusual ones. Throws DataError if no meaning fits.
AxesGuess guess_axes(const std::vector<std::uint64_t>& shape, const AxesEvidence& evidence);

/// Letters without N of an array that seems to be one image by itself: sides of 8 pixels at least that do not
/// differ much, and 1, 3 or 4 channels, if any, last or first. Empty: it does not.
std::string guess_one_image(const std::vector<std::uint64_t>& shape, bool matlab = false);

/// Whether one of several arrays of floats may be rows of features as well as one gray image: its name, or that of
/// what holds it, would say the latter.
bool may_be_rows(const std::vector<std::uint64_t>& shape, Element element, const std::string& name);

/// "; if a row is an image of 28 x 28, …": what to do with rows that each seem to be an image whose pixels lie in a
/// line.
std::string flat_advice(const std::vector<std::uint64_t>& shape);

/// "30 images of 16 x 16 with 32 channels".
std::string reading_text(const std::string& letters, const std::vector<std::uint64_t>& shape);

} // namespace tacit::shards
