// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tacit::shards {

/// Walks over bytes that nobody vouches for; every read is checked and throws DataError at the end.
class ByteReader {
  public:
    /// `subject` begins the error message, for example "LZ4"; both must outlive the reader.
    ByteReader(std::span<const std::uint8_t> bytes, std::string_view subject) : bytes_(bytes), subject_(subject) {}

    std::span<const std::uint8_t> take(std::size_t count) {
        if (count > bytes_.size()) {
            throw DataError(fmt::format("{}: {} bytes are left where {} are needed", subject_, bytes_.size(), count));
        }
        const auto taken = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return taken;
    }
    std::uint8_t u8() { return take(1)[0]; }
    std::uint32_t big32() { return static_cast<std::uint32_t>(big(4)); }
    std::uint64_t big64() { return big(8); }
    std::uint32_t little32() {
        const auto b = take(4);
        return b[0] | std::uint32_t{b[1]} << 8U | std::uint32_t{b[2]} << 16U | std::uint32_t{b[3]} << 24U;
    }
    std::size_t left() const { return bytes_.size(); }
    /// Throws DataError if anything is left.
    void expect_end() const {
        if (!bytes_.empty()) {
            throw DataError(fmt::format("{}: {} bytes follow the end of the data", subject_, bytes_.size()));
        }
    }

  private:
    std::uint64_t big(std::size_t count) {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : take(count)) {
            value = value << 8U | byte;
        }
        return value;
    }
    std::span<const std::uint8_t> bytes_;
    std::string_view subject_;
};

} // namespace tacit::shards
