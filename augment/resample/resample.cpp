// SPDX-License-Identifier: Apache-2.0
#include "augment/resample/resample.hpp"

#include "augment/resample/resample_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tacit::augment {
namespace {

std::ptrdiff_t offset(int index, int stride) {
    return static_cast<std::ptrdiff_t>(index) * stride;
}

/// The rows of a box after the horizontal pass: made four at a time when asked for and kept in a ring that holds as
/// many as the vertical pass needs at once. Without a horizontal pass they are the rows of the source.
class RowsOfBox {
  public:
    /// `across` is null if there is no horizontal pass; row_at() reaches `kept` rows back from row_end().
    RowsOfBox(ImageView source, const Box& box, const ResampleTable* across, int kept, ResampleScratch& scratch)
        : across_(across), box_(box), stride_(source.shape.width * source.shape.channels),
          corner_(source.data + offset(box.top, stride_) + offset(box.left, source.shape.channels)),
          end_(source.data + source.shape.bytes()) {
        if (across_ != nullptr) {
            constexpr int kBlock = static_cast<int>(RowPlan::kMostValues);
            ring_stride_ = (across_->key().axis.out * across_->key().channels + kBlock - 1) / kBlock * kBlock;
            ring_rows_ = static_cast<int>(std::bit_ceil(static_cast<unsigned>(kept) + kRowsAtOnce));
            ring_ = scratch.ring.get(static_cast<std::size_t>(offset(ring_rows_, ring_stride_)));
            short_rows_ = scratch.short_rows.get(kRowsAtOnce * kReadableBytes);
        }
    }

    void make_until(int end, const ResampleKernels& kernels) {
        for (; across_ != nullptr && made_ < end; made_ += static_cast<int>(kRowsAtOnce)) {
            RowQuad quad;
            for (std::size_t r = 0; r < kRowsAtOnce; ++r) {
                const int y = made_ + static_cast<int>(r);
                quad.in[r] = readable(r, corner_ + offset(std::min(y, box_.height - 1), stride_));
                quad.out[r] = ring_ + offset(y & (ring_rows_ - 1), ring_stride_);
            }
            kernels.across(*across_, quad);
        }
    }

    const std::uint8_t* row(int y) const {
        return across_ == nullptr ? corner_ + offset(y, stride_) : ring_ + offset(y & (ring_rows_ - 1), ring_stride_);
    }

  private:
    /// `row`, or a copy of it if kReadableBytes from its beginning are neither in it nor in the image.
    const std::uint8_t* readable(std::size_t place, const std::uint8_t* row) {
        const int bytes = across_->key().axis.in * across_->key().channels;
        if (bytes >= kReadableBytes || end_ - row >= kReadableBytes) {
            return row;
        }
        std::uint8_t* copy = short_rows_ + place * kReadableBytes;
        std::memcpy(copy, row, static_cast<std::size_t>(bytes));
        return copy;
    }

    const ResampleTable* across_;
    Box box_;
    int stride_;
    const std::uint8_t* corner_;
    const std::uint8_t* end_;
    int ring_stride_ = 0;
    int ring_rows_ = 1; // a power of two
    int made_ = 0;
    std::uint8_t* ring_ = nullptr;
    std::uint8_t* short_rows_ = nullptr;
};

} // namespace

const ResampleTable& ResampleTables::get(const ResampleKey& key) {
    const auto hash = 2 * static_cast<std::size_t>(key.axis.in) + 131 * static_cast<std::size_t>(key.axis.out) +
                      257 * static_cast<std::size_t>(key.channels) + (key.axis.mirrored ? 1 : 0);
    ResampleTable& table = tables_[hash % tables_.size()];
    if (!(table.key() == key)) {
        table.build(key);
    }
    return table;
}

void crop_resize(ImageView source, const Box& box, Interpolation interpolation, Mirror mirror, MutableImageView out,
                 ResampleScratch& scratch) {
    const ResampleKernels& kernels = resample_kernels();
    const int channels = source.shape.channels;
    const int row_bytes = out.shape.width * channels;
    const ResampleTable* across = nullptr;
    if (box.width != out.shape.width || mirror.horizontal) {
        across = &scratch.across.get(
            {{box.width, out.shape.width, interpolation, mirror.horizontal}, channels, kernels.plan});
    }
    const ResampleTable* down = nullptr;
    if (box.height != out.shape.height) {
        down = &scratch.down.get({.axis = {box.height, out.shape.height, interpolation}});
    }
    const int most_taps = down == nullptr ? 1 : down->taps();
    RowsOfBox rows(source, box, across, most_taps, scratch);
    const std::uint8_t** taps = scratch.taps.get(static_cast<std::size_t>(most_taps));
    for (int y = 0; y < out.shape.height; ++y) {
        std::uint8_t* line = out.data + offset(mirror.vertical ? out.shape.height - 1 - y : y, row_bytes);
        if (down == nullptr) {
            rows.make_until(y + 1, kernels);
            std::memcpy(line, rows.row(y), static_cast<std::size_t>(row_bytes));
            continue;
        }
        const int count = down->count(y);
        rows.make_until(down->first(y) + count, kernels);
        for (int t = 0; t < count + count % 2; ++t) {
            taps[t] = rows.row(down->first(y) + std::min(t, count - 1));
        }
        kernels.down({taps, down->weights(y), count, down->precision()}, line, row_bytes);
    }
}

} // namespace tacit::augment
