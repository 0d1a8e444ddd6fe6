// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/location.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/read/image_part.hpp"

#include <string>
#include <vector>

namespace tacit::shards::h5 {

/// What a data set of images may look like besides numbers in an array.
enum class Shape {
    pixels,     ///< numbers
    encoded,    ///< variable-length or opaque elements: JPEG and PNG files
    blob,       ///< one list of bytes; a second data set says where each image begins
    group,      ///< one data set an image
    references, ///< to one data set an image: a cell array of MATLAB's
    other
};

Shape shape_of(hid_t object);

/// Whether MATLAB (version 7.3) wrote the file, or the data set or group alone (by its attributes, or because it is a
/// cell array): columns come before rows.
bool is_matlab(const Located& at);

/// The images of `at`, a data set of numbers: one part, or the parts of a virtual data set's sources. `axes` without N:
/// the data set is one image. Throws DataError "<path>: <name>: …".
std::vector<ImagePart> array_parts(const Located& at, const std::string& axes, const Roots& roots);

/// A data set that is one image by itself, called `name` in `file`, as a stack of one. Throws DataError "<path>:
/// <name>: …".
ImagePart lone_image(hid_t dataset, const FileBytes& file, const std::string& name, const std::string& axes);

/// A data set of opaque elements or variable-length bytes, each a JPEG or PNG file.
ImagePart encoded_part(const Located& at);

/// The list of bytes `at`, in which image i begins at offsets[i] and ends where the next one begins; the end of the
/// last one may be left out.
ImagePart blob_part(const Located& at, const Located& offsets);

/// One data set an image, in the group itself or in one subgroup a class. `labels` and `classes` are the subgroups';
/// `names` those of the data sets ("cat/img_0"), in order; `lists` of labels beside them (GroupLinks::lists) are none.
/// Pixels that do not lie in the file as they are wanted (chunks, channels first) are a part each, and so are images
/// one after the other that links find in another file.
struct GroupImages {
    std::vector<ImagePart> parts;
    bool truth = false; ///< pixels are is_truth()
    std::vector<std::string> names;
    std::vector<std::int32_t> labels;
    std::vector<std::string> classes;
    std::vector<std::string> lists;    ///< of labels, by their whole names
    std::vector<std::string> left_out; ///< groups beside these that hold no images
    bool one_each = false;             ///< each of several subgroups holds one image: `order` and `doubt` are theirs
    std::string order;                 ///< GroupLinks::order of the images
    std::string doubt;                 ///< GroupLinks::doubt of a group of images
};
/// The images of a group, or those that `at` refers to, in its order; with `member`, of each group in it the data set
/// of that name, under the group's name. `axes` of one image of pixels; empty: guessed. Links are followed as locate()
/// does. Throws DataError "<path>: <name>: …", for a group in a class too.
GroupImages group_images(const Located& at, const std::string& axes, const Roots& roots,
                         const std::string& member = "");

} // namespace tacit::shards::h5
