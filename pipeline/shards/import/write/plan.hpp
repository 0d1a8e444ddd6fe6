// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/read/element.hpp"

namespace tacit::shards {

/// How the images of a source are stored.
struct ImportPlan {
    Layout layout = Layout::raw;
    Element element = Element::u8; ///< of raw images; of what encoded ones decode to
    augment::ImageShape shape;     ///< of every image; height = width = 0 when they differ
    std::int64_t turned = 0;       ///< JPEGs that their EXIF data say to turn
};

/// Decides by the headers of all images, which it reads with `options.threads` threads. Images whose header cannot be
/// read do not count: decoding them will say why. Throws ConfigError, naming the option, where the options ask for what
/// the images do not allow; DataError where types of values go together in no storage.
ImportPlan plan_import(const ImageSource& source, const ImportOptions& options);

} // namespace tacit::shards
