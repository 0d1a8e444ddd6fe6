// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/format.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tacit::shards {

/// `tacit data import SOURCE --out FOLDER`.
struct ImportOptions {
    std::string source;               ///< folder or file
    std::string out;                  ///< folder to make
    std::string kind = "auto";        ///< auto, idx, cifar10 or folder
    int threads = 1;                  ///< reading and decoding; the written bytes do not depend on it
    int size = 0;                     ///< > 0: resize the shorter side (antialiased), crop the centre, store raw
    std::string layout = "auto";      ///< auto, raw or encoded; auto: raw if all images share one size <= 96 px
    double test_fraction = 0.0;       ///< of a folder without splits, in [0, 1): which image depends on its path alone
    bool skip_bad = false;            ///< leave unreadable images out (and list them) instead of failing
    bool overwrite = false;           ///< replace shards that exist in `out`
    std::vector<std::string> classes; ///< names in label order, for sources that have none
    std::int64_t shard_bytes = kShardBytes;
};

struct SplitSummary {
    std::string name;
    std::int64_t images = 0;
    int shards = 0;
};

struct ImportSummary {
    std::string kind; ///< idx, cifar10 or folder
    Layout layout = Layout::raw;
    augment::ImageShape shape; ///< height = width = 0 when images differ
    std::vector<SplitSummary> splits;
    std::vector<std::string> classes;
    std::vector<double> mean; ///< of the training split, per channel in [0, 1]
    std::vector<double> std;
    std::int64_t bytes = 0;           ///< of all image data stored
    std::vector<std::string> skipped; ///< with skip_bad: "file: reason"
    std::int64_t ignored = 0;         ///< files passed over because they are no images
    double seconds = 0;
};

/// (images done, images in all); called from the importing thread a few times a second at most.
using ProgressFn = std::function<void(std::int64_t done, std::int64_t total)>;

/// Imports images into shards. Everything is written into `<out>.importing` beside `out`, which is renamed when
/// all is on disk: an interrupted import leaves no readable shards and is simply run again.
/// Throws ConfigError for options that do not fit, DataError naming the first damaged file, IoError.
ImportSummary import_images(const ImportOptions& options, const ProgressFn& progress = {});

} // namespace tacit::shards
