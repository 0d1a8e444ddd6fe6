// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/import.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/import/arrays/named_arrays.hpp"
#include "pipeline/shards/import/table_splits.hpp"
#include "pipeline/shards/import/write/importer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tacit::shards {
namespace {

constexpr int kMaxSize = 4096;

void check_word(const char* kind, const std::string& word, const std::vector<std::string>& allowed) {
    if (std::find(allowed.begin(), allowed.end(), word) == allowed.end()) {
        throw ConfigError(unknown_word(kind, word, allowed));
    }
}

void check_words(const ImportOptions& options) {
    std::vector<std::string> kinds = {"auto"};
    for (const SourceKind& kind : source_kinds()) {
        kinds.emplace_back(kind.name);
    }
    check_word("kind of source", options.kind, kinds);
    check_word("layout", options.layout, {"auto", "raw", "encoded"});
    check_word("label", options.label, {"fine", "coarse"});
    check_word("--key-ends", options.key_ends, {"first-dot", "last-dot"});
    if (options.kind != "hdf5") { // which has more letters, and checks them itself
        check_axes(options.axes);
    }
}

void check_numbers(const ImportOptions& options) {
    if (options.size < 0 || options.size > kMaxSize) {
        throw ConfigError(fmt::format("--size {} is not in [0, {}]", options.size, kMaxSize));
    }
    if (options.size > 0 && options.layout == "encoded") {
        throw ConfigError("--size makes raw pixels; it does not go with --layout encoded");
    }
    if (!(options.test_fraction >= 0.0 && options.test_fraction < 1.0)) {
        throw ConfigError(fmt::format("--test-fraction {} is not in [0, 1)", options.test_fraction));
    }
    const std::vector<double>& range = options.range;
    if (!range.empty() &&
        (range.size() != 2 || !std::isfinite(range[0]) || !std::isfinite(range[1]) || !(range[0] < range[1]))) {
        throw ConfigError("--range takes two numbers, the lower one first, as in --range 0:1 or --range=-1:1");
    }
    if (options.threads < 1 || options.shard_bytes < 1) {
        throw ConfigError("an import needs at least one thread and one byte per shard");
    }
}

} // namespace

void check_source(const ImportOptions& options, const std::string& kind, std::size_t classes) {
    const bool folder = kind == "folder";
    const bool archives = kind == "webdataset";
    const bool none = options.split_folders == std::vector<std::string>{"none"};
    const bool tables = kind != "hdf5" && (splits_of_tables(options.split_folders) ||
                                           (none && table_and_column(options.labels).has_value()));
    for (const auto& [option, unused] :
         {std::pair{"--test-fraction", options.test_fraction > 0 && !folder},
          {"--splits", !options.split_folders.empty() && !folder && !archives && !tables},
          {"--key-ends", options.key_ends != "first-dot" && !archives},
          {"--apply-exif", options.apply_exif && !folder && !archives}}) {
        if (unused) {
            throw ConfigError(fmt::format("{}: {} does not go with {}; leave it out", options.path, option, kind));
        }
    }
    if (!options.classes.empty() && options.classes.size() < classes) {
        throw ConfigError(
            fmt::format("--classes names {} classes, the images have {}", options.classes.size(), classes));
    }
}

ImportSummary import_images(const ImportOptions& options, const ProgressFn& progress) {
    check_words(options);
    check_numbers(options);
    const bool pattern = options.kind == "hdf5" && (with_split(options.path, "") != options.path ||
                                                    options.path.find_first_of("*?[") != std::string::npos);
    if (!pattern && !std::filesystem::exists(options.path)) {
        throw IoError(fmt::format("{}: no such file or folder; is the path right?", options.path));
    }
    return Importer(options, progress).run();
}

} // namespace tacit::shards
