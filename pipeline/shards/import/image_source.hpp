// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/import/import.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// One image as its source holds it.
struct SourceImage {
    std::vector<std::uint8_t> bytes; ///< JPEG/PNG file, or HWC pixels
    augment::ImageShape shape;       ///< of pixels; all zero for a JPEG or PNG
};

/// Images outside of Tacit's shards, as an importer sees them. read() is thread-safe.
class ImageSource {
  public:
    virtual ~ImageSource() = default;
    /// "idx", "cifar10" or "folder".
    virtual std::string kind() const = 0;
    /// Names, the training split first.
    virtual std::vector<std::string> splits() const = 0;
    virtual std::int64_t size(const std::string& split) const = 0;
    virtual std::vector<std::string> classes() const = 0;
    /// Whether images are JPEG/PNG files rather than pixels.
    virtual bool encoded() const = 0;
    /// Shape of all images of a source of pixels.
    virtual augment::ImageShape shape() const { return {}; }
    /// Files passed over because they are no images.
    virtual std::int64_t ignored() const { return 0; }
    /// Throws DataError or IoError naming the file.
    virtual void read(const std::string& split, std::int64_t index, SourceImage& out) const = 0;
    virtual std::int32_t label(const std::string& split, std::int64_t index) const = 0;
    /// For messages: the file, and where several images share one, the place in it.
    virtual std::string name(const std::string& split, std::int64_t index) const = 0;
};

/// The source that `options` name, by its kind or, for "auto", by looking. Throws DataError if there is none.
std::unique_ptr<ImageSource> open_source(const ImportOptions& options);

/// One of each kind; nullptr if `options.source` does not look like this kind. Throw DataError if it does
/// and is damaged.
std::unique_ptr<ImageSource> open_idx(const ImportOptions& options);
std::unique_ptr<ImageSource> open_cifar10(const ImportOptions& options);
std::unique_ptr<ImageSource> open_image_folder(const ImportOptions& options);

} // namespace tacit::shards
