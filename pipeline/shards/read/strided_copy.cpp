// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/read/strided_copy.hpp"

#include <algorithm>
#include <cstring>

namespace tacit::shards {
namespace {

/// `channels` planes that lie `plane` elements apart become interleaved pixels.
template <class T, int kChannels>
void interleave(const std::uint8_t* from, std::uint64_t plane, std::uint8_t* to, std::uint64_t pixels) {
    const T* in[kChannels];
    for (int c = 0; c < kChannels; ++c) {
        in[c] = reinterpret_cast<const T*>(from + static_cast<std::uint64_t>(c) * plane);
    }
    T* out = reinterpret_cast<T*>(to);
    for (std::uint64_t i = 0; i < pixels; ++i) {
        for (int c = 0; c < kChannels; ++c) {
            std::memcpy(out + i * kChannels + static_cast<std::uint64_t>(c), in[c] + i, sizeof(T)); // may be unaligned
        }
    }
}

template <class T> void copy_line(const StridedCopy::Dimension& line, const std::uint8_t* from, std::uint8_t* to) {
    for (std::uint64_t i = 0; i < line.extent; ++i) {
        std::memcpy(to + i * line.to, from + i * line.from, sizeof(T));
    }
}

template <class T>
void copy_plane(const StridedCopy::Dimension& outer, const StridedCopy::Dimension& inner, const std::uint8_t* from,
                std::uint8_t* to) {
    const bool planes_to_pixels =
        outer.from == sizeof(T) && inner.to == sizeof(T) && outer.to == inner.extent * sizeof(T);
    if (planes_to_pixels && inner.extent == 3) {
        interleave<T, 3>(from, inner.from, to, outer.extent);
    } else if (planes_to_pixels && inner.extent == 4) {
        interleave<T, 4>(from, inner.from, to, outer.extent);
    } else {
        for (std::uint64_t i = 0; i < outer.extent; ++i) {
            copy_line<T>(inner, from + i * outer.from, to + i * outer.to);
        }
    }
}

void copy_plane(std::size_t element_bytes, const StridedCopy::Dimension& outer, const StridedCopy::Dimension& inner,
                const std::uint8_t* from, std::uint8_t* to) {
    switch (element_bytes) {
    case 1:
        return copy_plane<std::uint8_t>(outer, inner, from, to);
    case 2:
        return copy_plane<std::uint16_t>(outer, inner, from, to);
    case 4:
        return copy_plane<std::uint32_t>(outer, inner, from, to);
    default:
        return copy_plane<std::uint64_t>(outer, inner, from, to);
    }
}

template <class T> void swap_each(std::uint8_t* data, std::size_t elements) {
    for (std::size_t i = 0; i < elements; ++i) {
        std::uint8_t* element = data + i * sizeof(T);
        T value;
        std::memcpy(&value, element, sizeof(T));
        if constexpr (sizeof(T) == 2) {
            value = __builtin_bswap16(value);
        } else if constexpr (sizeof(T) == 4) {
            value = __builtin_bswap32(value);
        } else {
            value = __builtin_bswap64(value);
        }
        std::memcpy(element, &value, sizeof(T));
    }
}

} // namespace

StridedCopy::StridedCopy(std::span<const Dimension> dimensions, std::size_t element_bytes)
    : element_bytes_(element_bytes), run_(element_bytes) {
    std::array<Dimension, kMaxRank> sorted{};
    const auto end = std::copy_if(dimensions.begin(), dimensions.end(), sorted.begin(),
                                  [](const Dimension& dimension) { return dimension.extent != 1; });
    std::stable_sort(sorted.begin(), end, [](const Dimension& a, const Dimension& b) { return a.to > b.to; });
    for (auto next = sorted.begin(); next != end; ++next) {
        Dimension* last = rank_ == 0 ? nullptr : &dimensions_[rank_ - 1];
        if (last != nullptr && last->from == next->extent * next->from && last->to == next->extent * next->to) {
            *last = {last->extent * next->extent, next->from, next->to};
        } else {
            dimensions_[rank_++] = *next;
        }
    }
    if (rank_ > 0 && dimensions_[rank_ - 1].from == element_bytes && dimensions_[rank_ - 1].to == element_bytes) {
        run_ = dimensions_[--rank_].extent * element_bytes;
    }
}

void StridedCopy::operator()(const std::uint8_t* from, std::uint8_t* to) const {
    copy(0, from, to);
}

void StridedCopy::copy(std::size_t depth, const std::uint8_t* from, std::uint8_t* to) const {
    const std::size_t left = rank_ - depth;
    if (left == 0) {
        std::memcpy(to, from, run_);
        return;
    }
    if (left == 2 && run_ == element_bytes_ && (run_ == 1 || run_ == 2 || run_ == 4 || run_ == 8)) {
        copy_plane(element_bytes_, dimensions_[depth], dimensions_[depth + 1], from, to);
        return;
    }
    const Dimension& dimension = dimensions_[depth];
    for (std::uint64_t i = 0; i < dimension.extent; ++i) {
        copy(depth + 1, from + i * dimension.from, to + i * dimension.to);
    }
}

void swap_bytes(std::uint8_t* data, std::size_t elements, std::size_t element_bytes) {
    switch (element_bytes) {
    case 2:
        return swap_each<std::uint16_t>(data, elements);
    case 4:
        return swap_each<std::uint32_t>(data, elements);
    case 8:
        return swap_each<std::uint64_t>(data, elements);
    default:
        return;
    }
}

} // namespace tacit::shards
