// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"
#include "pipeline/shards/import/write/plan.hpp"
#include "pipeline/shards/statistics/pixel_sums.hpp"

#include <optional>

namespace tacit::shards {

/// One image on its way into a shard.
struct PreparedImage {
    std::vector<std::uint8_t> bytes; ///< as stored
    std::uint32_t checksum = 0;      ///< CRC-32C
    bool turned = false;             ///< upright, unlike the file it was made of
    std::optional<PixelSums> sums;
};

/// Brings images of a source into the form that a plan says. prepare() is thread-safe with one Scratch a thread.
class ImagePreparer {
  public:
    /// What one thread needs again and again.
    struct Scratch {
        SourceImage source;
        std::vector<std::uint8_t> pixels;
        std::vector<augment::ViewSlot> slots{1};
        augment::Workspace workspace;
    };

    /// `source` and `options` must outlive the object.
    ImagePreparer(const ImageSource& source, const ImportOptions& options, const ImportPlan& plan);
    /// Throws DataError or IoError, naming the image only where the file itself cannot be read.
    void prepare(std::int64_t image, Scratch& scratch, PreparedImage& out) const;

  private:
    void store(const SourceImage& source, const std::uint8_t* pixels, augment::ImageShape shape,
               PreparedImage& out) const;

    const ImageSource& source_;
    const ImportOptions& options_;
    ImportPlan plan_;
    std::optional<augment::Recipe> resize_;
};

} // namespace tacit::shards
