// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/format/format.hpp"
#include "pipeline/shards/import/left_out.hpp"
#include "pipeline/shards/read/element.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tacit::shards {

class ImageSource;

/// `tacit data import SOURCE --out FOLDER`. Of the base all means something for HDF5; for other kinds `path` (folder or
/// file), `labels` ("" as they are found, none, TABLE:COLUMN), `axes` (of NumPy arrays, e.g. "NCHW"; "": NHW, or by
/// where 1, 3 or 4 channels are) and `range` (empty: floats as measured).
struct ImportOptions : DataSpec {
    std::string out;             ///< folder to make
    std::string kind = "auto";   ///< auto or a name of source_kinds()
    int threads = 1;             ///< reading and decoding; the written bytes do not depend on it
    int size = 0;                ///< > 0: resize the shorter side (antialiased), crop the centre, store raw; u8 only
    std::string layout = "auto"; ///< auto, raw or encoded; auto: raw if images of one size are small (<= 96 px) or
                                 ///< none is a JPEG or 8-bit PNG
    double test_fraction = 0.0;  ///< of each class of a folder without splits, in [0, 1), drawn by the images' paths
    bool skip_bad = false;       ///< leave unreadable images out (and list them) instead of failing
    bool overwrite = false;      ///< replace shards that exist in `out`
    bool first_page = false;     ///< take the first page of TIFFs that have several, instead of refusing them
    std::string label = "fine";  ///< of CIFAR-100: fine (100 classes) or coarse (20)
    /// {} or auto, none, SPLIT=FOLDER or archive, …; SPLIT=LIST, …, or TABLE:COLUMN (with_splits()).
    std::vector<std::string> split_folders;
    std::string key_ends = "first-dot";        ///< of archives: where a file's key ends; or last-dot
    bool apply_exif = false;                   ///< turn JPEGs upright as their EXIF orientation says
    std::vector<std::string> splits;           ///< of HDF5: those to take; empty: all that are told of
    std::optional<std::uint64_t> shuffle_seed; ///< of HDF5: write images in a random order made of this seed
    std::vector<std::string> classes;          ///< names in label order, for sources that have none
    std::int64_t shard_bytes = kShardBytes;
    std::function<bool()> stop;                     ///< asked now and then; true ends the import cleanly
    std::function<void(const std::string&)> notice; ///< lines that the user should read while the import runs
};

struct SplitSummary {
    std::string name;
    std::int64_t images = 0;
    int shards = 0;
};

struct ImportSummary {
    std::string kind; ///< a name of source_kinds()
    Layout layout = Layout::raw;
    Element element = Element::u8;
    augment::ImageShape shape; ///< height = width = 0 when images differ
    std::vector<SplitSummary> splits;
    std::vector<std::string> classes;
    std::vector<double> mean; ///< of the training split, per channel, see format.hpp
    std::vector<double> std;
    std::vector<double> value_range;  ///< values that mean black and white; empty: integers that span their type
    std::int64_t bytes = 0;           ///< of all image data stored
    std::int64_t source_bytes = 0;    ///< of the source's files
    std::int64_t resumed = 0;         ///< images that an earlier, interrupted import had finished
    std::vector<std::string> skipped; ///< with skip_bad: "file: reason"
    std::vector<LeftOut> left_out;    ///< what the source holds and was not used
    std::vector<std::string> notes;   ///< what the user should know of names, splits and labels; one line each
    double seconds = 0;
};

/// (images done, images in all); called from the importing thread a few times a second at most.
using ProgressFn = std::function<void(std::int64_t done, std::int64_t total)>;

/// Imports images into shards. Everything is written into `<out>.importing` beside `out`, which is renamed when
/// all is on disk. An import that was cut off or stopped leaves its whole shards and a journal there; with the same
/// source and options the next one goes on from them, and ends with the same bytes as one that ran through.
/// Throws ConfigError for options that do not fit, DataError naming the first damaged file, IoError, and Error with
/// exit code 75 when `options.stop` said so.
ImportSummary import_images(const ImportOptions& options, const ProgressFn& progress = {});

/// Throws ConfigError for options that a kind of source has no use for, which must not look as if they had been heeded,
/// and for too few names of `classes`.
void check_source(const ImportOptions& options, const std::string& kind, std::size_t classes);

/// A kind of source, as --kind names it.
struct SourceKind {
    std::string_view name;
    std::string_view description; ///< what it looks like, in one line
    /// nullptr if `options.path` does not look like this kind. Throws DataError if it does and is damaged,
    /// ConfigError for options that do not fit.
    std::unique_ptr<ImageSource> (*open)(const ImportOptions& options);
};

/// All kinds, in the order in which they are looked for.
const std::vector<SourceKind>& source_kinds();

} // namespace tacit::shards
