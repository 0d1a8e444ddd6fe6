// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/label_rivals.hpp"
#include "pipeline/shards/read/stored_array.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tacit::shards {

/// Images that each lie by themselves in a file: JPEG and PNG files end to end, in a heap of variable-length elements,
/// or one data set an image.
struct ImageItems {
    std::string path;
    std::string dataset;                     ///< for messages; a group when each image is a data set
    std::vector<std::uint64_t> addresses;    ///< first byte in the file
    std::vector<std::uint64_t> bytes;        ///< of each image
    std::vector<augment::ImageShape> shapes; ///< of pixels; empty: JPEG or PNG
    Element element = Element::u8;           ///< of pixels
    bool swapped = false;                    ///< pixels are stored in the other byte order
};

/// Images of a file that are read alike. Exactly one of array and items is there.
struct ImagePart {
    std::optional<StoredArray> array;
    std::string axes;       ///< of the array
    std::int64_t first = 0; ///< first image of the array that belongs to the part
    std::int64_t count = 0; ///< images
    std::optional<ImageItems> items;
    std::int64_t first_row = 0; ///< row of the part's first image in the labels

    bool encoded() const { return items && items->shapes.empty(); } ///< JPEG and PNG files
    const std::string& path() const { return array ? array->path : items->path; }
    const std::string& dataset() const { return array ? array->dataset : items->dataset; }
};

/// What is known of the images of one file: all that is needed to read them without libhdf5.
struct FileIndex {
    std::string path;
    std::string split;
    std::string source;        ///< where the images came from
    std::string format;        ///< "tacit" for shards of ours, "hdf5" for others
    std::int64_t count = 0;    ///< images
    std::int64_t total = -1;   ///< images in all shards of the split; -1: not recorded
    augment::ImageShape shape; ///< height = width = 0 when images differ in size or are not decoded yet
    Element element = Element::u8;
    std::vector<double> value_range; ///< of the stored numbers, [low, high]; empty: not known
    std::vector<ImagePart> parts;
    std::vector<std::int32_t> labels;     ///< one a row; -1 where unlabelled
    std::vector<std::uint8_t> chosen;     ///< one a row; 0: the image belongs to another split. Empty: all are chosen
    std::vector<std::uint32_t> checksums; ///< CRC-32C, one a row; empty when the file stores none
    std::vector<std::string> classes;
    std::vector<std::int32_t> splits; ///< one a row, into split_names; empty where the file names no splits
    std::vector<std::string> split_names;
    std::vector<double> mean; ///< per channel in [0, 1]; empty when the file stores none
    std::vector<double> std;
    std::string open_labels;          ///< why labels, or names of classes, that there may be are not used; or empty
    std::vector<std::string> notes;   ///< what is there and not used, and how that can be changed
    LabelRivals rivals;               ///< other labels than those that are taken
    std::vector<std::string> reached; ///< other files that links, virtual data sets and labels led to
};

} // namespace tacit::shards
