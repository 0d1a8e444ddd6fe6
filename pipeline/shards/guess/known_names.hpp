// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tacit::shards {

// What public data sets, tutorials and instruments call their images and labels: the one place that knows.

/// A data set or group of images.
struct KnownImages {
    std::string_view name;
    std::string_view axes; ///< empty: the shape tells; without N: one image a file
};

const std::vector<KnownImages>& known_images();

/// `classes`: labels where nothing else is, or the list of their names.
enum class ArrayRole { images, labels, classes, other };
/// By a word of the name: x, image, data, … for images; y, label, target, … for labels; class, category, … for classes.
/// "train_data_labels" holds labels.
ArrayRole role_of_name(const std::string& name);
/// The words for labels, and behind them those for classes, as data sets are named.
const std::vector<std::string>& label_names();
/// Columns of labels in tables.
const std::vector<std::string>& label_columns();
/// Names, without extension, of files of labels that go with a file of images: "x_train" -> "y_train", "train-imgs" ->
/// "train-labels", "cats" -> "cats_labels". Words for images count as whole words alone: none is in "metadata".
std::vector<std::string> label_stems(const std::string& stem);
/// Lists of places where images begin in one list of bytes.
const std::vector<std::string>& offset_names();

/// Whether a name is that of a list of labels, or of their classes, for the images beside it, if it has as many rows.
bool may_list_labels(const std::string& name);
/// Whether a name says that an array goes with images and is none itself: labels, masks, depths, ….
bool goes_with_images(const std::string& name);
/// Whether a name says that an array is one image.
bool is_named_as_one_image(const std::string& name);
/// Whether a name says that an array of four dimensions is a 4D-STEM scan: py4DSTEM's data cubes, HyperSpy's
/// experiments.
bool is_named_as_scan(const std::string& name);

/// The objects of a file that hold one split.
struct ForeignNames {
    std::string images;
    std::string axes;                ///< of KnownImages
    std::vector<std::string> labels; ///< likeliest first
};

/// Objects with known names, labels beside images; of a split, `<split>_x`, `x_<split>`, `<split>_set_x` or
/// `<split>/images`. A file without splits holds split "train". nullopt when no name fits.
std::optional<ForeignNames> guess_names(hid_t file, const std::string& split);

} // namespace tacit::shards
