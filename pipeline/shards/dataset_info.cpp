// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/dataset_info.hpp"

#include "pipeline/shards/dataset_parts.hpp"

#include <algorithm>
#include <tuple>

namespace tacit::shards {

DatasetInfo describe(const DatasetIndex& index, const DatasetParts& parts) {
    const FileIndex& first = index.files.front();
    DatasetInfo info;
    info.path = index.path;
    info.split = index.split;
    info.size = parts.size();
    info.channels = first.shape.channels;
    info.shape = first.shape;
    info.element = first.element;
    info.value_range = first.value_range;
    const bool whole =
        std::all_of(index.files.begin(), index.files.end(), [](const FileIndex& file) { return file.chosen.empty(); });
    if (whole) { // what is stored is not that of a part of the images
        info.mean = first.mean;
        info.std = first.std;
    }
    info.source = first.source;
    info.classes = first.classes;
    std::tie(info.fingerprint, info.pixels_fingerprint) = parts.fingerprints();
    return info;
}

} // namespace tacit::shards
