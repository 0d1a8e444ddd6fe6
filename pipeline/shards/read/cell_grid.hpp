// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/axes.hpp"
#include "pipeline/shards/read/stored_array.hpp"
#include "pipeline/shards/read/strided_copy.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tacit::shards {

/// How an array of images is cut into what is read at once: cells (chunks, or runs of contiguous images), and blocks,
/// the images that share a row of cells.
class CellGrid {
  public:
    using Index = std::array<std::uint64_t, kMaxRank>; ///< one number for each dimension

    /// [low, high) along each dimension.
    struct Box {
        Index low{};
        Index high{};
    };

    /// Images [first, first + count) of `array`; an array with two N axes is taken whole. Throws DataError if the axes
    /// do not fit the array or a block would take more than a gibibyte.
    CellGrid(const StoredArray& array, const Axes& axes, std::int64_t first, std::int64_t count);

    std::size_t rank() const { return shape_.size(); }
    const std::vector<std::uint64_t>& shape() const { return shape_; }
    const std::vector<std::uint64_t>& cell() const { return cell_; }
    bool is_sample(std::size_t dimension) const { return axes_.letters()[dimension] == 'N'; }
    augment::ImageShape image() const { return axes_.image(shape_); }
    /// In elements of an interleaved image; 0 for N.
    const std::vector<std::uint64_t>& pixel_strides() const { return pixel_strides_; }

    /// Block b holds the images [starts()[b], starts()[b + 1]).
    const std::vector<std::int64_t>& starts() const { return starts_; }
    /// The block's images along N; whole along the other dimensions.
    Box block(std::int64_t number) const;
    std::uint64_t images(const Box& box) const;
    /// Place of an image among the grid's images in the C order of the array.
    std::int64_t row(std::int64_t sample) const;
    /// Number of the cell at `at` (counted in cells) in the file's order.
    std::uint64_t cell_number(const Index& at) const;
    /// Calls `visit(at)` for every cell that touches the box.
    template <class Visit> void for_each_cell(const Box& box, const Visit& visit) const;

  private:
    void cut_cells(const StoredArray& array);
    void find_blocks(std::uint64_t first, std::uint64_t end);

    std::vector<std::uint64_t> shape_;
    Axes axes_;
    std::vector<std::uint64_t> cell_; ///< extents
    std::vector<std::uint64_t> pixel_strides_;
    std::vector<std::size_t> sample_dimensions_;
    std::uint64_t first_cell_ = 0; ///< along the first N
    std::uint64_t first_row_ = 0;
    std::uint64_t end_row_ = 0;
    std::vector<std::int64_t> starts_{0};
};

template <class Visit> void CellGrid::for_each_cell(const Box& box, const Visit& visit) const {
    Index at{};
    for (std::size_t i = 0; i < rank(); ++i) {
        at[i] = box.low[i] / cell_[i];
    }
    while (true) {
        visit(at);
        std::size_t i = rank();
        while (i > 0 && (at[i - 1] + 1) * cell_[i - 1] >= box.high[i - 1]) {
            --i;
            at[i] = box.low[i] / cell_[i];
        }
        if (i == 0) {
            return;
        }
        ++at[i - 1];
    }
}

} // namespace tacit::shards
