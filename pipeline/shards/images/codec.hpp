// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/images/png_decoder.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tacit::shards {

/// Size of a JPEG or PNG and the channels it decodes to: 1 (gray) or 3 (everything else; alpha is dropped).
/// Reads the header only. Throws DataError with the reason alone: the caller knows where the bytes are from.
augment::ImageShape encoded_shape(std::span<const std::uint8_t> bytes);

/// A JPEG (libjpeg-turbo, accurate DCT; CMYK as Pillow converts it) or PNG (of 8 bits; alpha dropped, gamma and
/// EXIF orientation ignored, as torchvision's loaders do) to be decoded, whole or in part. A thread has one at a time.
class EncodedImage {
  public:
    /// Parses the header; `bytes` must outlive the image. It will have `channels` = 1 or 3 channels: gray becomes RGB
    /// by repetition, RGB becomes gray by ITU-R 601 luma. Throws DataError with the reason alone.
    EncodedImage(std::span<const std::uint8_t> bytes, int channels);
    augment::ImageShape shape() const { return {native_.height, native_.width, channels_}; }
    bool is_gray() const { return native_.channels == 1; }
    /// Settles what decode() writes: a box that holds `wanted`, which lies in the image. PNGs and CMYK are decoded
    /// whole. Call once. Throws DataError.
    augment::Box start(const augment::Box& wanted);
    /// Writes the pixels of that box, the same that they are when all is decoded. Of a JPEG, nothing below it is looked
    /// at. Call once, after start(). Throws DataError.
    void decode(std::uint8_t* out);

  private:
    augment::ImageShape native_;
    int channels_;
    std::optional<PngDecoder> png_;
};

/// Decodes all of a JPEG or PNG into `pixels`, whose capacity is reused. Returns its shape. Thread-safe. Throws
/// DataError.
augment::ImageShape decode_image(std::span<const std::uint8_t> bytes, int channels, std::vector<std::uint8_t>& pixels);

} // namespace tacit::shards
