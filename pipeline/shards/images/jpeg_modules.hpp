// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tacit::shards {

/// Bytes of libjpeg's private entropy decoder before its function that decodes an MCU, as the headers have it that
/// Tacit was compiled with; nothing that any header has where they tell nothing of it.
inline constexpr std::size_t kNoModules = ~std::size_t{0};
std::size_t decode_mcu_offset();

/// Whether libjpeg-turbo *as it runs*, which may be another one than that of the headers, keeps that function at
/// `offset`: a call to it is watched while a small picture, made for this, is decoded. Thread-safe.
bool keeps_decode_mcu_at(std::size_t offset);

/// keeps_decode_mcu_at(decode_mcu_offset()), tried once in a process. Thread-safe.
bool may_replace_decode_mcu();

} // namespace tacit::shards
