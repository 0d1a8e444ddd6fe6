// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace tacit::shards {

struct JpegState;

/// Reads JPEGs from memory, one after the other (libjpeg-turbo: accurate DCT, smooth upsampling, as Pillow). For one
/// thread. Decodes every file as TurboJPEG does, whose own header call would parse each header twice.
class JpegDecoder {
  public:
    static bool recognises(std::span<const std::uint8_t> bytes);
    JpegDecoder();
    ~JpegDecoder();
    JpegDecoder(const JpegDecoder&) = delete;
    JpegDecoder& operator=(const JpegDecoder&) = delete;

    /// Parses the header of the next file, which must outlive read(). The shape is as stored: 1 channel is gray, 3
    /// are colour, 4 are inks (CMYK). Throws DataError with the reason alone.
    augment::ImageShape open(std::span<const std::uint8_t> bytes);
    /// Makes ready to read `wanted`, a box of the image, as 1 channel (luma) or 3 (RGB) of gray and colour, 4 of inks
    /// (CMYK as stored). Returns what read() will write: the columns of the file's blocks that hold it and their
    /// neighbours' effect, or the whole image where its parts cannot be read alone. Call once after open(). Throws
    /// DataError.
    augment::Box start(int channels, const augment::Box& wanted);
    /// Writes height x width x channels values of that box, the same that they are when all is read. Nothing below
    /// it is looked at. Call once after start(). Throws DataError, also where the file ends too early.
    void read(std::uint8_t* out);

  private:
    std::unique_ptr<JpegState> state_;
    augment::Box box_;
};

} // namespace tacit::shards
