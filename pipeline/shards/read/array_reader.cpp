// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/library_array.hpp"
#include "pipeline/shards/read/axes.hpp"
#include "pipeline/shards/read/cell_grid.hpp"
#include "pipeline/shards/read/extents.hpp"
#include "pipeline/shards/read/part_reader.hpp"
#include "pipeline/shards/read/strided_copy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>

namespace tacit::shards {
namespace {

using Buffer = std::vector<std::uint8_t>;

/// Whether images lie one after the other, each alone in its chunk if there are chunks, dense, interleaved and in this
/// machine's byte order.
bool lies_plain(const StoredArray& array, const CellGrid& grid) {
    const bool chunked = array.layout == StoredArray::Layout::chunked;
    std::uint64_t stride = 1;
    bool dense = (chunked ? array.chunk[0] == 1 : array.layout == StoredArray::Layout::contiguous) && !array.swapped &&
                 grid.is_sample(0);
    for (std::size_t i = grid.rank(); i-- > 1;) {
        dense = dense && !grid.is_sample(i) && (grid.shape()[i] == 1 || grid.pixel_strides()[i] == stride);
        dense = dense && (!chunked || array.chunk[i] == grid.shape()[i]);
        stride *= grid.shape()[i];
    }
    return dense;
}

/// What is wrong with the cells of one box.
class DamagedCells {
  public:
    void note(std::uint64_t cell, const DataError& error) {
        if (first_.empty()) {
            first_ = error.what();
        } else {
            others_.push_back(cell);
        }
    }
    /// Throws DataError if anything is wrong.
    void tell() const {
        if (!others_.empty()) {
            throw DataError(fmt::format("{}; damaged too: {} {}", first_, others_.size() == 1 ? "chunk" : "chunks",
                                        fmt::join(others_, ", ")));
        }
        if (!first_.empty()) {
            throw DataError(first_);
        }
    }

  private:
    std::string first_;
    std::vector<std::uint64_t> others_;
};

/// The images [part.first, part.first + part.count) of an array; with two N axes, which are read whole, all.
class ArrayReader final : public PartReader {
  public:
    ArrayReader(const ImagePart& part, const FileBytes& file);

    const std::vector<std::int64_t>& block_starts() const override { return grid_.starts(); }
    bool single_reads_are_cheap() const override {
        const std::vector<std::int64_t>& starts = block_starts();
        return in_runs() || starts.back() + 1 == static_cast<std::int64_t>(starts.size());
    }
    std::int64_t row(std::int64_t index) const override { return grid_.row(index); }
    void read_block(std::int64_t number, Buffer& out, ArrayScratch& scratch) const override {
        read_box(grid_.block(number), out, scratch);
    }
    StoredImage in_block(std::int64_t number, std::int64_t index, std::span<const std::uint8_t> block) const override {
        const auto place = static_cast<std::size_t>(index - block_starts()[static_cast<std::size_t>(number)]);
        const auto bytes = static_cast<std::size_t>(image_bytes_);
        return {block.subspan(place * bytes, bytes), grid_.image(), array_.element};
    }
    bool read_straight(std::int64_t index, std::span<std::uint8_t> to, ArrayScratch& scratch) const override;
    StoredImage read_one(std::int64_t index, Buffer& out, ArrayScratch& scratch) const override;

  private:
    using Box = CellGrid::Box;
    using Index = CellGrid::Index;

    /// Whether images lie in the file one after the other.
    bool in_runs() const { return array_.layout == StoredArray::Layout::contiguous && !library_; }
    void read_box(const Box& box, Buffer& out, ArrayScratch& scratch) const;
    void read_cell(const Box& box, const Index& at, Buffer& out, ArrayScratch& scratch) const;
    void fetch(const Index& at, const Box& part, Buffer& to, ArrayScratch& scratch) const;
    void fetch_plain(const Box& part, Buffer& to) const;

    const StoredArray& array_;
    CellGrid grid_;
    const FileBytes& file_;
    std::optional<ChunkReader> chunks_;
    std::optional<h5::LibraryArray> library_;
    std::uint64_t image_bytes_;
    std::int64_t first_; ///< image of the array that is the reader's first, if `plain_`
    bool plain_;         ///< lies_plain()
};

ArrayReader::ArrayReader(const ImagePart& part, const FileBytes& file)
    : array_(*part.array), grid_(array_, Axes(part.axes), part.first, part.count), file_(file),
      image_bytes_(grid_.image().bytes() * array_.element_bytes), first_(part.first),
      plain_(lies_plain(array_, grid_)) {
    if (array_.layout == StoredArray::Layout::contiguous) {
        const std::uint64_t size = capped_product(array_.shape, array_.element_bytes);
        if (size > file.size() || array_.address > file.size() - size) {
            throw DataError(fmt::format("claims {} bytes at byte {} of a file of {}; the file is truncated or damaged",
                                        size, array_.address, file.size()));
        }
    }
    if (array_.layout == StoredArray::Layout::chunked) {
        chunks_.emplace(array_, file);
    } else if (array_.layout == StoredArray::Layout::library || !grid_.is_sample(0)) {
        library_.emplace(array_.path, array_.dataset);
    }
}

void ArrayReader::read_box(const Box& box, Buffer& out, ArrayScratch& scratch) const {
    const std::uint64_t bytes = grid_.images(box) * image_bytes_;
    out.resize(static_cast<std::size_t>(bytes));
    DamagedCells damaged;
    grid_.for_each_cell(box, [&](const Index& at) {
        try {
            read_cell(box, at, out, scratch);
        } catch (const DataError& error) {
            if (!chunks_) {
                throw;
            }
            damaged.note(grid_.cell_number(at), error);
        }
    });
    damaged.tell();
    if (array_.swapped && !library_) {
        swap_bytes(out.data(), static_cast<std::size_t>(bytes / array_.element_bytes),
                   static_cast<std::size_t>(array_.element_bytes));
    }
}

/// Reads one cell and puts what `box` holds of it in its place in `out`.
void ArrayReader::read_cell(const Box& box, const Index& at, Buffer& out, ArrayScratch& scratch) const {
    std::array<StridedCopy::Dimension, kMaxRank> dimensions{};
    const std::vector<std::uint64_t>& cell = grid_.cell();
    Box part;
    std::uint64_t from_stride = array_.element_bytes;
    std::uint64_t image_stride = image_bytes_;
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    bool dense = true; // the cell lies in `out` as it lies in the file
    for (std::size_t i = grid_.rank(); i-- > 0;) {
        const std::uint64_t origin = at[i] * cell[i];
        part.low[i] = std::max(origin, box.low[i]);
        part.high[i] = std::min(origin + cell[i], box.high[i]);
        const bool whole = chunks_.has_value(); // a chunk comes whole, a run as it is asked for
        const std::uint64_t extent = whole ? cell[i] : part.high[i] - part.low[i];
        const std::uint64_t to_stride =
            grid_.is_sample(i) ? image_stride : grid_.pixel_strides()[i] * array_.element_bytes;
        image_stride *= grid_.is_sample(i) ? box.high[i] - box.low[i] : 1;
        dimensions[i] = {part.high[i] - part.low[i], from_stride, to_stride};
        from += whole ? (part.low[i] - origin) * from_stride : 0;
        to += (part.low[i] - box.low[i]) * to_stride;
        dense = dense && (extent == 1 || from_stride == to_stride);
        from_stride *= extent;
    }
    if (dense && from == 0 && to == 0) { // the box's only cell; what it holds beyond the box lies behind
        fetch(at, part, out, scratch);
        return;
    }
    fetch(at, part, scratch.decoded, scratch);
    const StridedCopy copy(std::span(dimensions.data(), grid_.rank()), static_cast<std::size_t>(array_.element_bytes));
    copy(scratch.decoded.data() + from, out.data() + to);
}

/// The elements of one cell into `to`, in the file's order of dimensions.
void ArrayReader::fetch(const Index& at, const Box& part, Buffer& to, ArrayScratch& scratch) const {
    if (chunks_) {
        to.resize(static_cast<std::size_t>(chunks_->chunk_bytes()));
        chunks_->read(grid_.cell_number(at), to, scratch.chunk);
    } else {
        fetch_plain(part, to);
    }
}

void ArrayReader::fetch_plain(const Box& part, Buffer& to) const {
    Index count{};
    std::uint64_t bytes = array_.element_bytes;
    for (std::size_t i = 0; i < grid_.rank(); ++i) {
        count[i] = part.high[i] - part.low[i];
        bytes *= count[i];
    }
    to.resize(static_cast<std::size_t>(bytes));
    if (library_) {
        library_->read(std::span(part.low.data(), grid_.rank()), std::span(count.data(), grid_.rank()), to.data(),
                       bytes);
    } else { // N comes first and the rest is whole
        file_.read(array_.address + part.low[0] * image_bytes_, to.data(), to.size());
    }
}

bool ArrayReader::read_straight(std::int64_t index, std::span<std::uint8_t> to, ArrayScratch& scratch) const {
    if (!plain_ || to.size() != image_bytes_) {
        return false;
    }
    const auto image = static_cast<std::uint64_t>(first_ + index);
    if (chunks_) {
        chunks_->read(grid_.cell_number({image}), to, scratch.chunk);
    } else {
        file_.read(array_.address + image * image_bytes_, to.data(), to.size());
    }
    return true;
}

StoredImage ArrayReader::read_one(std::int64_t index, Buffer& out, ArrayScratch& scratch) const {
    const std::vector<std::int64_t>& starts = block_starts();
    const auto after = std::upper_bound(starts.begin(), starts.end(), index);
    const std::int64_t number = after - starts.begin() - 1;
    const std::int64_t place = index - *std::prev(after);
    Box box = grid_.block(number);
    if (starts[static_cast<std::size_t>(number) + 1] - starts[static_cast<std::size_t>(number)] == 1) {
        read_box(box, out, scratch);
        out.resize(static_cast<std::size_t>(image_bytes_)); // the chunk may reach beyond the array
    } else if (in_runs()) {
        box.low[0] += static_cast<std::uint64_t>(place);
        box.high[0] = box.low[0] + 1;
        read_box(box, out, scratch);
    } else {
        read_box(box, scratch.block, scratch);
        const auto begin = scratch.block.begin() + place * static_cast<std::ptrdiff_t>(image_bytes_);
        out.assign(begin, begin + static_cast<std::ptrdiff_t>(image_bytes_));
    }
    return {out, grid_.image(), array_.element};
}

} // namespace

std::unique_ptr<PartReader> make_array_reader(const ImagePart& part, const FileBytes& file) {
    return std::make_unique<ArrayReader>(part, file);
}

} // namespace tacit::shards
