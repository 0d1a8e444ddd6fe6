// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/read/cell_grid.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/read/extents.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tacit::shards {
namespace {

constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20;    ///< of a block of contiguous images
constexpr std::uint64_t kMaxBlockBytes = std::uint64_t{1} << 30; ///< decoded

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) {
    return (a + b - 1) / b;
}

} // namespace

CellGrid::CellGrid(const StoredArray& array, const Axes& axes, std::int64_t first, std::int64_t count)
    : shape_(array.shape), axes_(axes) {
    if (shape_.size() > kMaxRank) {
        throw DataError(fmt::format("has {} dimensions, more than {}", shape_.size(), kMaxRank));
    }
    axes_.check(shape_);
    if (array.layout == StoredArray::Layout::contiguous && axes_.letters().starts_with("NN")) {
        shape_[1] *= shape_[0]; // one list of images
        shape_.erase(shape_.begin());
        axes_ = Axes(axes_.letters().substr(1));
    }
    for (std::size_t i = 0; i < shape_.size(); ++i) {
        if (is_sample(i)) {
            sample_dimensions_.push_back(i);
        }
    }
    pixel_strides_ = axes_.pixel_strides(shape_);
    cut_cells(array);
    find_blocks(static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(first + count));
}

void CellGrid::cut_cells(const StoredArray& array) {
    const std::uint64_t image_bytes = image().bytes() * array.element_bytes;
    if (array.layout == StoredArray::Layout::chunked) {
        cell_ = array.chunk;
    } else {
        cell_ = shape_;
        for (const std::size_t dimension : sample_dimensions_) {
            cell_[dimension] = 1;
        }
        // What libhdf5 reads is cut as it is stored, so that it too decodes each chunk once.
        const std::size_t last = sample_dimensions_.back();
        const std::uint64_t wanted = array.chunk.empty() ? kBlockBytes / image_bytes : array.chunk[last];
        cell_[last] = std::clamp<std::uint64_t>(wanted, 1, std::max<std::uint64_t>(1, shape_[last]));
    }
    std::vector<std::uint64_t> row; // of cells, whose images are a block
    for (const std::size_t dimension : sample_dimensions_) {
        row.push_back(cell_[dimension]);
    }
    if (capped_product(cell_, array.element_bytes) > kMaxBlockBytes ||
        capped_product(row, image_bytes) > kMaxBlockBytes) {
        throw DataError(fmt::format("has chunks of {} elements; one row of them would take more than 1 GiB",
                                    fmt::join(cell_, " x ")));
    }
}

void CellGrid::find_blocks(std::uint64_t first, std::uint64_t end) {
    const std::size_t dimension = sample_dimensions_.front();
    const bool one = sample_dimensions_.size() == 1;
    const auto all = static_cast<std::uint64_t>(axes_.samples(shape_));
    if (first > end || end > all || (!one && (first != 0 || end != all))) {
        throw DataError(fmt::format("holds {} images, and {} to {} were asked for", all, first, end));
    }
    first_row_ = one ? first : 0;
    end_row_ = one ? end : shape_[dimension];
    first_cell_ = first_row_ / cell_[dimension];
    std::uint64_t blocks = end_row_ == first_row_ ? 0 : ceil_div(end_row_, cell_[dimension]) - first_cell_;
    if (!one) {
        blocks *= ceil_div(shape_[sample_dimensions_[1]], cell_[sample_dimensions_[1]]);
    }
    starts_.reserve(blocks + 1);
    for (std::uint64_t number = 0; number < blocks; ++number) {
        starts_.push_back(starts_.back() + static_cast<std::int64_t>(images(block(static_cast<std::int64_t>(number)))));
    }
}

CellGrid::Box CellGrid::block(std::int64_t number) const {
    Box box;
    std::copy(shape_.begin(), shape_.end(), box.high.begin());
    auto place = static_cast<std::uint64_t>(number);
    if (sample_dimensions_.size() == 2) {
        const std::size_t inner = sample_dimensions_[1];
        const std::uint64_t cells = ceil_div(shape_[inner], cell_[inner]);
        box.low[inner] = place % cells * cell_[inner];
        box.high[inner] = std::min(box.low[inner] + cell_[inner], shape_[inner]);
        place /= cells;
    }
    const std::size_t outer = sample_dimensions_.front();
    const std::uint64_t origin = (first_cell_ + place) * cell_[outer];
    box.low[outer] = std::max(origin, first_row_);
    box.high[outer] = std::min(origin + cell_[outer], end_row_);
    return box;
}

std::uint64_t CellGrid::images(const Box& box) const {
    std::uint64_t count = 1;
    for (const std::size_t dimension : sample_dimensions_) {
        count *= box.high[dimension] - box.low[dimension];
    }
    return count;
}

std::int64_t CellGrid::row(std::int64_t sample) const {
    if (sample_dimensions_.size() == 1) {
        return sample;
    }
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), sample);
    const Box box = block(after - starts_.begin() - 1);
    const std::size_t inner = sample_dimensions_[1];
    const auto place = static_cast<std::uint64_t>(sample - *std::prev(after));
    const std::uint64_t width = box.high[inner] - box.low[inner];
    const std::uint64_t outer = box.low[sample_dimensions_.front()] + place / width;
    return static_cast<std::int64_t>(outer * shape_[inner] + box.low[inner] + place % width);
}

std::uint64_t CellGrid::cell_number(const Index& at) const {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < rank(); ++i) {
        number = number * ceil_div(shape_[i], cell_[i]) + at[i];
    }
    return number;
}

} // namespace tacit::shards
