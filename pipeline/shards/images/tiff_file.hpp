// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tiffio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tacit::shards {

/// libtiff's view of a TIFF in memory, at its first page. Not thread-safe; several may live in several threads.
/// Throws DataError with the reason alone.
class TiffFile {
  public:
    using Palette = std::array<const std::uint16_t*, 3>; ///< red, green, blue; 256 values each

    /// `bytes` must outlive the object. Refuses more than one page unless `first_page`.
    TiffFile(std::span<const std::uint8_t> bytes, bool first_page);
    ~TiffFile();
    TiffFile(const TiffFile&) = delete;
    TiffFile& operator=(const TiffFile&) = delete;

    /// The value of a 16-bit or 32-bit tag, or `otherwise` where the file has none.
    std::uint16_t number(std::uint32_t tag, std::uint16_t otherwise) const;
    std::uint32_t wide_number(std::uint32_t tag, std::uint32_t otherwise) const;
    bool tiled() const;
    bool last_sample_is_alpha() const;
    Palette palette() const;
    /// JPEG strips in YCbCr shall decode to RGB.
    void convert_jpeg_to_rgb();
    /// Decodes strip or tile `number`, `bytes` bytes in this machine's byte order.
    void read_block(std::uint32_t number, std::uint8_t* to, std::size_t bytes);

  private:
    struct Stream {
        std::span<const std::uint8_t> bytes;
        std::uint64_t at = 0;
    };
    static tmsize_t feed(thandle_t stream, void* to, tmsize_t bytes);
    static toff_t seek(thandle_t stream, toff_t offset, int whence);
    void refuse_pages();

    Stream stream_;
    TIFF* tiff_ = nullptr;
};

} // namespace tacit::shards
