// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/resample/resample_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tacit::augment {

/// Rows that a horizontal pass makes together: what it knows of a table is read once for all of them.
inline constexpr std::size_t kRowsAtOnce = 4;
/// Bytes that may be read from where a source row begins, however short it is.
inline constexpr int kReadableBytes = 64;

/// Four source rows of table.key().axis.in pixels, and where the four rows of table.key().axis.out pixels go, which
/// have space for whole blocks.
struct RowQuad {
    std::array<const std::uint8_t*, kRowsAtOnce> in;
    std::array<std::uint8_t*, kRowsAtOnce> out;
};

/// The taps of one output row of a vertical pass: `count` rows and weights, padded with any readable row of weight 0
/// to an even number.
struct RowTaps {
    const std::uint8_t* const* rows;
    const std::int16_t* weights;
    int count;
    int precision;
};

/// The two passes of crop_resize as written for one kind of processor; all give the same bytes.
struct ResampleKernels {
    RowPlanShape plan; ///< that `across` needs
    void (*across)(const ResampleTable& table, const RowQuad& rows);
    void (*down)(const RowTaps& taps, std::uint8_t* out, int bytes);
};

/// Those of simd_level().
const ResampleKernels& resample_kernels();

// Their implementations.
void resample_across_scalar(const ResampleTable& table, const RowQuad& rows);
void resample_down_scalar(const RowTaps& taps, std::uint8_t* out, int bytes);
void resample_across_avx2(const ResampleTable& table, const RowQuad& rows);
void resample_down_avx2(const RowTaps& taps, std::uint8_t* out, int bytes);
void resample_across_avx512(const ResampleTable& table, const RowQuad& rows);
void resample_down_avx512(const RowTaps& taps, std::uint8_t* out, int bytes);

} // namespace tacit::augment
