// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/index/foreign_images.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

struct FoundLabels {
    Labels labels;                  ///< -1 for every image where none were found
    std::string key;                ///< data.labels; none: what was found is refused; empty: nothing was
    std::vector<std::string> notes; ///< what looked like labels and is none, or what was assumed
    std::string doubt;              ///< why labels that are there cannot be told images; empty: they can
    LabelRivals rivals;             ///< what else may tell images apart
};

/// Looks for the labels of images.
class LabelGuess {
  public:
    /// `images`: their object in the file at `path`; `usual`: labels beside them by known names, and all that may be
    /// some in the groups of samples.
    LabelGuess(const std::string& path, const DataSpec& spec, const std::string& images,
               const std::vector<std::string>& usual);

    /// Numbers of images that the data sets of labels which names tell of are for.
    std::vector<std::uint64_t> rows() const;

    /// Tries subgroups as classes, data sets beside the image in each group of a sample, the data sets of rows(),
    /// attributes of each image, tables (.csv) beside a file whose images have names, and the one data set of texts
    /// that repeat. All others that may tell images apart are rivals, and doubts if they do so otherwise (LabelRivals).
    /// Throws DataError for labels that are damaged.
    FoundLabels find(FileIndex& index, const ForeignImages& images) const;

  private:
    /// The data sets whose names say that they are labels.
    std::vector<std::string> named_sets() const;
    /// Attributes by names for labels, of each image, or with a value for each.
    std::vector<std::string> attributes(const FileIndex& index, const ForeignImages& images) const;
    /// Why subgroups are hardly a class each: nearly all hold one image, or labels have a row for each. Or "".
    std::string why_no_groups(const ForeignImages& images) const;
    /// Adds to the rivals of `found` what `keys` say of the images, by usual names or by word and content.
    void compare(const std::vector<std::string>& keys, bool usual, FileIndex& index, const ForeignImages& images,
                 FoundLabels& found) const;
    /// Compares `found`, taken as `what` says, with all else that may be labels, and sets its doubt.
    void compare_all(std::string what, std::vector<std::string> usual, FileIndex& index, const ForeignImages& images,
                     FoundLabels& found) const;
    /// The first of some values of data.labels that is one.
    bool read(const std::vector<std::string>& keys, FileIndex& index, const ForeignImages& images,
              FoundLabels& found) const;
    bool read_tables(FileIndex& index, const ForeignImages& images, FoundLabels& found) const;
    bool read_texts(FileIndex& index, const ForeignImages& images, FoundLabels& found) const;

    const std::string& path_;
    const DataSpec& spec_;
    std::vector<std::string> samples_; ///< values of data.labels that name a data set of each image's group
    std::vector<std::string> sets_;    ///< and others, likeliest first
};

} // namespace tacit::shards
