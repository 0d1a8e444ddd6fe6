// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/import/write/byte_store.hpp"
#include "pipeline/shards/labels/listed_classes.hpp"

namespace tacit::shards {

/// `count` images of one shape that lie in an array with any order of axes.
struct StoredImages {
    std::shared_ptr<const ByteStore> store;
    std::string name;         ///< of the array, where the file holds several
    std::uint64_t offset = 0; ///< of the first value, in bytes
    std::int64_t count = 0;
    augment::ImageShape shape;
    Element element = Element::u8;
    bool big_endian = false;
    std::uint64_t sample_step = 0; ///< from image to image, in bytes
    std::uint64_t row_step = 0;    ///< in values, as the following
    std::uint64_t column_step = 0;
    std::uint64_t channel_step = 0;
};

/// Strides of values that lie in the order (H, W, C).
StoredImages interleaved(StoredImages images);
/// Strides of values that lie in the order (C, H, W).
StoredImages planar(StoredImages images);

/// Whether a value of --labels names an array, or nothing: neither `none` nor a table.
bool names_array(const std::string& labels);

/// Classes of images, in their order.
struct StoredLabels {
    std::vector<std::int32_t> values;
    std::string where; ///< the file, and the array in it; empty: there are no labels
};

/// Images out of arrays: IDX, CIFAR, STL-10 and NumPy. Filled with add(), then read-only.
class ArraySource : public ImageSource {
  public:
    /// Where `options` say where labels come from, those of the arrays are not taken.
    ArraySource(std::string kind, const ImportOptions& options) : takes_labels_(names_array(options.labels)) {
        info.kind = std::move(kind);
    }

    /// Appends to a split; splits come in their order. `labels`: one an image of all `parts` together, or none. Throws
    /// DataError if a store ends before its images do, if the shape or type differs from that of images added before,
    /// or labels do not match images in number.
    void add(const std::string& split, const std::vector<StoredImages>& parts, StoredLabels labels);
    /// Names in label order, once all images are there; those that lack are "0", "1", … up to the largest label.
    void name_classes(std::vector<std::string> names);
    /// Names classes that are numbers (shards::name_classes()).
    void name_numbers(const std::vector<ClassList>& lists);
    /// Of the lines of a file, if it holds one for each of `classes`; else `usual`, with a note.
    void name_classes(const std::string& path, std::size_t classes, std::vector<std::string> usual = {});
    /// A file beside the arrays that labels or names were read from.
    void note_file(const std::string& path) { info.files.push_back(path); }
    void leave_out(const std::string& name) {
        info.left_out.add("arrays and files that are no images and no labels by their names", name);
    }
    bool empty() const { return parts_.empty(); }

    void read(std::int64_t image, SourceImage& out) const override;
    std::string name(std::int64_t image) const override;

  private:
    void check(const StoredImages& images) const;
    std::pair<const StoredImages*, std::int64_t> place(std::int64_t image) const;

    bool takes_labels_;
    std::vector<StoredImages> parts_;
};

} // namespace tacit::shards
