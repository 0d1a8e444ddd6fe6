// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/import/import.hpp"
#include "pipeline/shards/read/element.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// One image as its source holds it.
struct SourceImage {
    std::vector<std::uint8_t>
        bytes;                 ///< an image file, or HWC values of the source's element in this machine's byte order
    augment::ImageShape shape; ///< of pixels; all zero for an image file
};

/// A file that may hold labels of the images below a folder; both are paths below the source.
struct SourceTable {
    std::string path;
    std::string scope;
    bool used = false; ///< labels or splits were taken from it
};

/// The images [begin, end) of a source.
struct SourceSplit {
    std::string name;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t size() const { return end - begin; }
};

/// What a source holds.
struct SourceInfo {
    std::string kind;                 ///< one of source_kinds()
    std::vector<SourceSplit> splits;  ///< the training split first; each begins where the one before ends
    std::vector<std::int32_t> labels; ///< of all images; -1: none
    std::vector<std::string> classes;
    /// Every file that images, labels or names were taken from: whether the source changed can be told by them.
    std::vector<std::string> files;
    bool encoded = false;          ///< whether images are image files rather than pixels
    augment::ImageShape shape;     ///< of all images of a source of pixels
    Element element = Element::u8; ///< of the values of a source of pixels
    /// Whether shape and element are those of image files too, as readers of the source see them: kept files are
    /// then said to be of that shape and type, whatever their own headers say.
    bool describes_files = false;
    std::vector<double> value_range; ///< stored numbers that mean black and white; empty: not declared
    LeftOutList left_out;            ///< what it holds and does not use, but for `tables`
    /// How names were understood that could mean something else, and what labels were taken or not; one line each.
    std::vector<std::string> notes;
    std::vector<SourceTable> tables; ///< that may hold labels

    /// Appends images to the last split, or to a new one of this name behind it.
    void add_images(const std::string& split, const std::vector<std::int32_t>& of_images);
    std::int32_t label(std::int64_t image) const { return labels[static_cast<std::size_t>(image)]; }
    const SourceSplit& split(const std::string& name) const;
    const SourceSplit& split_of(std::int64_t image) const;
};

/// Images outside of Tacit's shards, as an importer sees them: numbered split by split. Thread-safe but for `info`.
class ImageSource {
  public:
    virtual ~ImageSource() = default;
    /// Throws DataError or IoError naming the file.
    virtual void read(std::int64_t image, SourceImage& out) const = 0;
    /// The first `bytes` bytes of an image file, or all of it. Throws as read() does.
    virtual void read_head(std::int64_t image, std::size_t /*bytes*/, SourceImage& out) const { read(image, out); }
    /// Place of the image in its split before any shuffling.
    virtual std::uint64_t id(std::int64_t image) const {
        return static_cast<std::uint64_t>(image - info.split_of(image).begin);
    }
    /// The name by which a table of labels knows the image: a path below the source; "": it has none.
    virtual std::string key(std::int64_t /*image*/) const { return {}; }
    /// For messages: the file, and where several images share one, the place in it.
    virtual std::string name(std::int64_t image) const = 0;

    SourceInfo info; ///< labels may be put in place of its own (with_labels())
};

/// The source that `options` name, by its kind or, for "auto", by looking. Throws DataError if there is none.
std::unique_ptr<ImageSource> open_source(const ImportOptions& options);

// One of each kind, each in the file of its name.
std::unique_ptr<ImageSource> open_idx(const ImportOptions& options);
std::unique_ptr<ImageSource> open_cifar10(const ImportOptions& options);
std::unique_ptr<ImageSource> open_cifar100(const ImportOptions& options);
std::unique_ptr<ImageSource> open_stl10(const ImportOptions& options);
std::unique_ptr<ImageSource> open_npz(const ImportOptions& options);
std::unique_ptr<ImageSource> open_npy(const ImportOptions& options);
std::unique_ptr<ImageSource> open_webdataset(const ImportOptions& options);
std::unique_ptr<ImageSource> open_hdf5(const ImportOptions& options);
std::unique_ptr<ImageSource> open_image_folder(const ImportOptions& options);

} // namespace tacit::shards
