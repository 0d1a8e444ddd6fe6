// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/array_reader.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/cell_grid.hpp"
#include "pipeline/shards/chunk_reader.hpp"
#include "pipeline/shards/extents.hpp"
#include "pipeline/shards/hdf5/library_array.hpp"
#include "pipeline/shards/strided_copy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace tacit::shards {

namespace {

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

} // namespace

struct ArrayReader::Impl {
    Impl(const StoredArray& given, const Axes& axes, const FileBytes& bytes, std::int64_t first_image,
         std::int64_t count);

    using Box = CellGrid::Box;
    using Index = CellGrid::Index;
    using Buffer = std::vector<std::uint8_t>;

    void read_box(const Box& box, Buffer& out, ArrayScratch& scratch) const;
    void read_cell(const Box& box, const Index& at, Buffer& out, ArrayScratch& scratch) const;
    void fetch(const Index& at, const Box& part, Buffer& to, ArrayScratch& scratch) const;
    void fetch_plain(const Box& part, Buffer& to) const;

    const StoredArray& array;
    CellGrid grid;
    const FileBytes* file;
    std::optional<ChunkReader> chunks;
    std::optional<h5::LibraryArray> library;
    std::uint64_t image_bytes;
    std::int64_t first; ///< image of the array that is the reader's first, if `plain`
    bool plain;         ///< lies_plain()
};

ArrayReader::Impl::Impl(const StoredArray& given, const Axes& axes, const FileBytes& bytes, std::int64_t first_image,
                        std::int64_t count)
    : array(given), grid(given, axes, first_image, count), file(&bytes),
      image_bytes(grid.image().bytes() * given.element_bytes), first(first_image), plain(lies_plain(given, grid)) {
    if (array.layout == StoredArray::Layout::contiguous) {
        const std::uint64_t size = capped_product(array.shape, array.element_bytes);
        if (size > bytes.size() || array.address > bytes.size() - size) {
            throw DataError(fmt::format("claims {} bytes at byte {} of a file of {}; the file is truncated or damaged",
                                        size, array.address, bytes.size()));
        }
    }
    if (array.layout == StoredArray::Layout::chunked) {
        chunks.emplace(array, bytes);
    } else if (array.layout == StoredArray::Layout::library || !grid.is_sample(0)) {
        library.emplace(array.path, array.dataset);
    }
}

void ArrayReader::Impl::read_box(const Box& box, Buffer& out, ArrayScratch& scratch) const {
    const std::uint64_t bytes = grid.images(box) * image_bytes;
    out.resize(static_cast<std::size_t>(bytes));
    DamagedCells damaged;
    grid.for_each_cell(box, [&](const Index& at) {
        try {
            read_cell(box, at, out, scratch);
        } catch (const DataError& error) {
            if (!chunks) {
                throw;
            }
            damaged.note(grid.cell_number(at), error);
        }
    });
    damaged.tell();
    if (array.swapped && !library) {
        swap_bytes(out.data(), static_cast<std::size_t>(bytes / array.element_bytes),
                   static_cast<std::size_t>(array.element_bytes));
    }
}

/// Reads one cell and puts what `box` holds of it in its place in `out`.
void ArrayReader::Impl::read_cell(const Box& box, const Index& at, Buffer& out, ArrayScratch& scratch) const {
    std::array<StridedCopy::Dimension, kMaxRank> dimensions{};
    const std::vector<std::uint64_t>& cell = grid.cell();
    Box part;
    std::uint64_t from_stride = array.element_bytes;
    std::uint64_t image_stride = image_bytes;
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    bool dense = true; // the cell lies in `out` as it lies in the file
    for (std::size_t i = grid.rank(); i-- > 0;) {
        const std::uint64_t origin = at[i] * cell[i];
        part.low[i] = std::max(origin, box.low[i]);
        part.high[i] = std::min(origin + cell[i], box.high[i]);
        const bool whole = chunks.has_value(); // a chunk comes whole, a run as it is asked for
        const std::uint64_t extent = whole ? cell[i] : part.high[i] - part.low[i];
        const std::uint64_t to_stride =
            grid.is_sample(i) ? image_stride : grid.pixel_strides()[i] * array.element_bytes;
        image_stride *= grid.is_sample(i) ? box.high[i] - box.low[i] : 1;
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
    const StridedCopy copy(std::span(dimensions.data(), grid.rank()), static_cast<std::size_t>(array.element_bytes));
    copy(scratch.decoded.data() + from, out.data() + to);
}

/// The elements of one cell into `to`, in the file's order of dimensions.
void ArrayReader::Impl::fetch(const Index& at, const Box& part, Buffer& to, ArrayScratch& scratch) const {
    if (chunks) {
        to.resize(static_cast<std::size_t>(chunks->chunk_bytes()));
        chunks->read(grid.cell_number(at), to, scratch.chunk);
    } else {
        fetch_plain(part, to);
    }
}

void ArrayReader::Impl::fetch_plain(const Box& part, Buffer& to) const {
    Index count{};
    std::uint64_t bytes = array.element_bytes;
    for (std::size_t i = 0; i < grid.rank(); ++i) {
        count[i] = part.high[i] - part.low[i];
        bytes *= count[i];
    }
    to.resize(static_cast<std::size_t>(bytes));
    if (library) {
        library->read(std::span(part.low.data(), grid.rank()), std::span(count.data(), grid.rank()), to.data(), bytes);
    } else { // N comes first and the rest is whole
        file->read(array.address + part.low[0] * image_bytes, to.data(), to.size());
    }
}

ArrayReader::ArrayReader(const StoredArray& array, const Axes& axes, const FileBytes& file, std::int64_t first,
                         std::int64_t count)
    : impl_(std::make_unique<Impl>(array, axes, file, first, count)) {}
ArrayReader::~ArrayReader() = default;
ArrayReader::ArrayReader(ArrayReader&&) noexcept = default;
ArrayReader& ArrayReader::operator=(ArrayReader&&) noexcept = default;

augment::ImageShape ArrayReader::image() const {
    return impl_->grid.image();
}

std::uint64_t ArrayReader::image_bytes() const {
    return impl_->image_bytes;
}

const std::vector<std::int64_t>& ArrayReader::block_starts() const {
    return impl_->grid.starts();
}

bool ArrayReader::single_reads_are_cheap() const {
    const std::vector<std::int64_t>& starts = block_starts();
    return (impl_->array.layout == StoredArray::Layout::contiguous && !impl_->library) ||
           starts.back() + 1 == static_cast<std::int64_t>(starts.size());
}

std::int64_t ArrayReader::row(std::int64_t sample) const {
    return impl_->grid.row(sample);
}

void ArrayReader::read_block(std::int64_t number, std::vector<std::uint8_t>& out, ArrayScratch& scratch) const {
    impl_->read_box(impl_->grid.block(number), out, scratch);
}

bool ArrayReader::read_straight(std::int64_t sample, std::span<std::uint8_t> to, ArrayScratch& scratch) const {
    if (!impl_->plain || to.size() != impl_->image_bytes) {
        return false;
    }
    const auto image = static_cast<std::uint64_t>(impl_->first + sample);
    if (impl_->chunks) {
        impl_->chunks->read(impl_->grid.cell_number({image}), to, scratch.chunk);
    } else {
        impl_->file->read(impl_->array.address + image * impl_->image_bytes, to.data(), to.size());
    }
    return true;
}

void ArrayReader::read_one(std::int64_t sample, std::vector<std::uint8_t>& out, ArrayScratch& scratch) const {
    const std::vector<std::int64_t>& starts = block_starts();
    const auto after = std::upper_bound(starts.begin(), starts.end(), sample);
    const std::int64_t number = after - starts.begin() - 1;
    const std::int64_t place = sample - *std::prev(after);
    CellGrid::Box box = impl_->grid.block(number);
    if (starts[static_cast<std::size_t>(number) + 1] - starts[static_cast<std::size_t>(number)] == 1) {
        impl_->read_box(box, out, scratch);
        out.resize(static_cast<std::size_t>(impl_->image_bytes)); // the chunk may reach beyond the array
        return;
    }
    if (impl_->array.layout == StoredArray::Layout::contiguous && !impl_->library) { // N is the first dimension
        box.low[0] += static_cast<std::uint64_t>(place);
        box.high[0] = box.low[0] + 1;
        impl_->read_box(box, out, scratch);
        return;
    }
    impl_->read_box(box, scratch.block, scratch);
    const auto begin = scratch.block.begin() + place * static_cast<std::ptrdiff_t>(impl_->image_bytes);
    out.assign(begin, begin + static_cast<std::ptrdiff_t>(impl_->image_bytes));
}

} // namespace tacit::shards
