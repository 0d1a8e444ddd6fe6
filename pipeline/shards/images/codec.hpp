// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace tacit::shards {

/// Size of a JPEG or PNG and the channels it decodes to: 1 (gray) or 3 (everything else; alpha is dropped).
/// Reads the header only. Throws DataError with the reason alone: the caller knows where the bytes are from.
augment::ImageShape encoded_shape(std::span<const std::uint8_t> bytes);

/// Where decoded pixels go, asked once with their shape before they are decoded. May throw.
using PixelRoom = std::function<std::uint8_t*(augment::ImageShape)>;

/// Decodes a JPEG (libjpeg-turbo, accurate DCT; CMYK as Pillow converts it) or PNG (8 bits a channel; alpha
/// dropped, gamma and EXIF orientation ignored, as torchvision's loaders do) to `channels` = 1 or 3 channels.
/// Gray becomes RGB by repetition; RGB becomes gray by ITU-R 601 luma. Thread-safe. Throws DataError with the reason
/// alone.
augment::ImageShape decode_image(std::span<const std::uint8_t> bytes, int channels, const PixelRoom& room);
/// The same into `pixels`, whose capacity is reused.
augment::ImageShape decode_image(std::span<const std::uint8_t> bytes, int channels, std::vector<std::uint8_t>& pixels);

} // namespace tacit::shards
