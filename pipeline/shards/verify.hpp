// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/import/import.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// One place that cannot be read, decoded, or whose checksum differs.
struct Damage {
    std::string split;      ///< empty: the file could not be asked for its splits
    std::int64_t first = 0; ///< number in the split of the first image that it costs
    std::int64_t count = 0; ///< images that it costs; 0: not known, a file could not be opened
    std::string what;       ///< one line: file, data set, images, chunk where there are chunks, and what is wrong
};

struct VerifiedSplit {
    std::string name;
    int files = 0;
    std::int64_t images = 0;     ///< of files that could be opened
    std::int64_t unreadable = 0; ///< files that could not
    std::int64_t damaged_images = 0;
    std::int64_t damages = 0;
    std::string by; ///< what stored checksums, if any, the images were held to
};

struct Verification {
    std::vector<VerifiedSplit> splits;
    std::vector<Damage> damages;     ///< the first hundred, by split and image
    std::int64_t images = 0;         ///< read
    std::int64_t unreadable = 0;     ///< files that cannot be opened: all of their images are lost, however many
    std::int64_t damaged_images = 0; ///< exact, like the next
    std::int64_t damage_count = 0;
    double seconds = 0;

    bool good() const { return damage_count == 0; }
};

/// Opens every file of `splits` (empty: of all), reads and decodes every image with `threads` threads and compares
/// every checksum that is stored. The result does not depend on the number of threads. Throws IoError when there is
/// nothing at `spec.path`, DataError when a named split is not there, ConfigError for names in `spec` that do not fit;
/// damage is reported, not thrown.
Verification verify(const DataSpec& spec, const std::vector<std::string>& splits, int threads,
                    const ProgressFn& progress = {});

} // namespace tacit::shards
