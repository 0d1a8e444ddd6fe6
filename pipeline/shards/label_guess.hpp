// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/foreign_images.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

struct FoundLabels {
    Labels labels;                  ///< -1 for every image where none were found
    std::string key;                ///< data.labels; none: what was found is refused; empty: nothing was
    std::vector<std::string> notes; ///< what looked like labels and is none, or what was assumed
    std::string doubt;              ///< why labels that are there cannot be told images; empty: they can
};

/// Looks for the labels of images.
class LabelGuess {
  public:
    /// `images`: their object in the file at `path`; `usual`: labels beside them by known names.
    LabelGuess(const std::string& path, const DataSpec& spec, const std::string& images,
               const std::vector<std::string>& usual);

    /// Numbers of images that the data sets of labels which names tell of are for.
    std::vector<std::uint64_t> rows() const;

    /// Tries subgroups as classes, the data sets of rows(), attributes of each image, tables (.csv) beside a file whose
    /// images have names, and the one data set of texts that repeat. Of the first three all that have names for labels
    /// and tell other classes are doubts. Throws DataError for labels that are damaged.
    FoundLabels find(FileIndex& index, const ForeignImages& images) const;

  private:
    /// The data sets whose names say that they are labels.
    std::vector<std::string> named_sets() const;
    /// Attributes of each image by names for labels.
    std::vector<std::string> attributes(const ForeignImages& images) const;
    /// Why subgroups are hardly a class each: nearly all hold one image, or labels have a row for each. Or "".
    std::string why_no_groups(const ForeignImages& images) const;
    /// Subgroups as classes.
    FoundLabels groups(FileIndex& index, const ForeignImages& images) const;
    /// Sets the doubt of `found` where some of `keys` tell images apart in another way, `what`: than that.
    void compare(const std::vector<std::string>& keys, const std::string& what, FileIndex& index,
                 const ForeignImages& images, FoundLabels& found) const;
    /// The first of some values of data.labels that is one.
    bool read(const std::vector<std::string>& keys, FileIndex& index, const ForeignImages& images,
              FoundLabels& found) const;
    bool read_tables(FileIndex& index, const ForeignImages& images, FoundLabels& found) const;
    bool read_texts(FileIndex& index, const ForeignImages& images, FoundLabels& found) const;

    const std::string& path_;
    const DataSpec& spec_;
    std::vector<std::string> sets_; ///< values of data.labels, likeliest first
};

} // namespace tacit::shards
