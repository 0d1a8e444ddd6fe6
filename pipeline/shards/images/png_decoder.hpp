// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/read/element.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace tacit::shards {

/// Reads one PNG from memory as gray or RGB: palettes expanded, alpha dropped, 16 bits in this machine's byte order.
class PngDecoder {
  public:
    static bool recognises(std::span<const std::uint8_t> bytes);
    /// Parses the header. `bytes` must outlive the decoder. Throws DataError with the reason alone.
    explicit PngDecoder(std::span<const std::uint8_t> bytes);
    ~PngDecoder();
    PngDecoder(const PngDecoder&) = delete;
    PngDecoder& operator=(const PngDecoder&) = delete;

    /// As decoded: 1 or 3 channels.
    augment::ImageShape shape() const;
    /// u16 for a file of 16 bits, else u8.
    Element element() const;
    /// Writes shape().bytes() values of element(); call once. Throws DataError.
    void decode(std::uint8_t* out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace tacit::shards
