// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/element.hpp"
#include "pipeline/shards/import/import.hpp"

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
};

/// Images outside of Tacit's shards, as an importer sees them. read() and read_head() are thread-safe.
class ImageSource {
  public:
    virtual ~ImageSource() = default;
    /// One of source_kinds().
    virtual std::string kind() const = 0;
    /// Names, the training split first.
    virtual std::vector<std::string> splits() const = 0;
    virtual std::int64_t size(const std::string& split) const = 0;
    virtual std::vector<std::string> classes() const = 0;
    /// Every file that images, labels or names were taken from: whether the source changed can be told by them.
    virtual std::vector<std::string> files() const = 0;
    /// Whether images are image files rather than pixels.
    virtual bool encoded() const = 0;
    /// Shape of all images of a source of pixels.
    virtual augment::ImageShape shape() const { return {}; }
    /// Type of the values of a source of pixels.
    virtual Element element() const { return Element::u8; }
    /// Whether shape() and element() are those of image files too, as readers of the source see them: kept files are
    /// then said to be of that shape and type, whatever their own headers say.
    virtual bool describes_files() const { return false; }
    /// Stored numbers that mean black and white; empty: not declared.
    virtual std::vector<double> value_range() const { return {}; }
    /// What it holds and does not use.
    virtual LeftOutList left_out() const { return {}; }
    /// How names were understood that could mean something else, and what labels were taken or not; one line each.
    virtual std::vector<std::string> notes() const { return {}; }
    /// Tables that may hold labels.
    virtual std::vector<SourceTable> tables() const { return {}; }
    /// Tells that labels were taken from one of these tables: left_out() does not count it from then on.
    virtual void use_table(const std::string& /*path*/) {}
    /// Throws DataError or IoError naming the file.
    virtual void read(const std::string& split, std::int64_t index, SourceImage& out) const = 0;
    /// The first `bytes` bytes of an image file, or all of it. Throws as read() does.
    virtual void read_head(const std::string& split, std::int64_t index, std::size_t /*bytes*/,
                           SourceImage& out) const {
        read(split, index, out);
    }
    virtual std::int32_t label(const std::string& split, std::int64_t index) const = 0;
    /// Place of the image in its split before any shuffling.
    virtual std::uint64_t id(const std::string& /*split*/, std::int64_t index) const {
        return static_cast<std::uint64_t>(index);
    }
    /// The name by which a table of labels knows the image: a path below the source; "": it has none.
    virtual std::string key(const std::string& /*split*/, std::int64_t /*index*/) const { return {}; }
    /// For messages: the file, and where several images share one, the place in it.
    virtual std::string name(const std::string& split, std::int64_t index) const = 0;
};

/// A kind of source, as --kind names it.
struct SourceKind {
    const char* name;
    const char* description; ///< one line
    /// nullptr if `options.source` does not look like this kind. Throws DataError if it does and is damaged,
    /// ConfigError for options that do not fit.
    std::unique_ptr<ImageSource> (*open)(const ImportOptions& options);
};

/// All kinds, in the order in which they are looked for.
const std::vector<SourceKind>& source_table();

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
