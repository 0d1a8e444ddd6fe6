// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace tacit::shards {

/// Writes what an LZ77 decoder finds: literals, and matches that repeat what was written before. Never writes beyond
/// its room; throws DataError, beginning with `subject`, instead.
class MatchWriter {
  public:
    MatchWriter(std::span<std::uint8_t> room, std::string_view subject) : room_(room), subject_(subject) {}

    void literals(std::span<const std::uint8_t> bytes) {
        need(bytes.size());
        std::memcpy(room_.data() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    /// Repeats `length` bytes from `distance` before; the two may overlap.
    void match(std::size_t distance, std::size_t length) {
        need(length);
        if (distance > size_ || distance == 0) {
            throw DataError(fmt::format("{}: a match begins before the data", subject_));
        }
        std::uint8_t* to = room_.data() + size_;
        size_ += length;
        copy(to, distance, length, room_.size() - (size_ - length));
    }
    std::span<const std::uint8_t> written() const { return room_.first(size_); }

  private:
    void need(std::size_t bytes) const {
        if (bytes > room_.size() - size_) {
            throw DataError(fmt::format("{}: more than {} bytes come out", subject_, room_.size()));
        }
    }
    /// In steps of eight bytes where neither an overlap nor the end of the room forbids it.
    static void copy(std::uint8_t* to, std::size_t distance, std::size_t length, std::size_t space) {
        const std::uint8_t* from = to - distance;
        std::size_t done = 0;
        if (distance == 1) {
            std::memset(to, *from, length);
            return;
        }
        if (distance >= 8) {
            for (; done < length && space - done >= 8; done += 8) {
                std::memcpy(to + done, from + done, 8);
            }
        }
        for (; done < length; ++done) {
            to[done] = from[done];
        }
    }

    std::span<std::uint8_t> room_;
    std::string_view subject_;
    std::size_t size_ = 0;
};

} // namespace tacit::shards
