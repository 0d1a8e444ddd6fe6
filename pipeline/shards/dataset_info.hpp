// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/index/dataset_index.hpp"
#include "pipeline/shards/read/element.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

class DatasetParts;

/// What a data set holds, known after indexing.
struct DatasetInfo {
    std::string path;      ///< folder or file given by the user
    std::string split;     ///< "train", "test", …
    std::int64_t size = 0; ///< number of images
    int channels = 0;
    augment::ImageShape shape;        ///< common height and width, or 0 x 0 when images differ (encoded layout)
    Element element = Element::u8;    ///< of the stored pixels
    std::vector<double> value_range;  ///< stored numbers that mean black and white; empty: not known
    std::vector<std::string> classes; ///< class names in label order; empty when unlabelled
    std::vector<double> mean;         ///< per channel in [0, 1]; of the training split when the shards store it
    std::vector<double> std;          ///< per channel in [0, 1]
    std::string source;               ///< where the images came from, as the importer recorded it
    std::string pixels_fingerprint;   ///< the same without labels: of images and their order
    std::string fingerprint;          ///< hex digest of the index: equal data sets have equal fingerprints
    /// Whether images are more than 8-bit levels, so that training reads them as floats.
    bool floats() const { return element != Element::u8; }
};

/// Of what was indexed.
DatasetInfo describe(const DatasetIndex& index, const DatasetParts& parts);

} // namespace tacit::shards
