// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/jpeg_decoder.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/jpeg_huffman.hpp"
#include "pipeline/shards/images/jpeg_modules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdio> // jpeglib.h wants it
#include <cstring>
#include <jpeglib.h>
#include <vector>
// After jpeglib.h.
#include <jerror.h>
// How libjpeg's modules call each other; not every system has it.
#if __has_include(<jpegint.h>)
#include <jpegint.h>
#define TACIT_HAS_LIBJPEG_MODULES
#endif

#ifndef LIBJPEG_TURBO_VERSION
#error "Tacit needs libjpeg-turbo; this is another libjpeg"
#endif

namespace tacit::shards {

struct JpegState {
    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::jmp_buf escape{};
    std::array<char, JMSG_LENGTH_MAX> failure{};
    JpegHuffman huffman;
    std::vector<std::uint8_t> row; ///< see read_rows()

    ~JpegState() { jpeg_destroy_decompress(&jpeg); }
};

namespace {

/// More than any encoder writes: a progressive file of a few bytes a scan could take hours.
constexpr int kMostScans = 500;
/// The smallest of libjpeg-turbo's vectors.
constexpr std::size_t kVectorBytes = 16;

/// What a code of libjpeg's means.
const char* jpeg_problem(int code) {
    switch (code) {
    case JERR_NO_SOI:
        return "it does not begin as one";
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
        return "it ends too early";
    case JERR_NO_HUFF_TABLE:
    case JERR_NO_QUANT_TABLE:
        return "a table is missing in it";
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
        return "or of a kind that is not read: arithmetic or lossless coding, 12 bits, other colours";
    case JERR_OUT_OF_MEMORY:
        return "or too large for the memory";
    default:
        return "its data cannot be decoded";
    }
}

[[noreturn]] void fail_jpeg(j_common_ptr jpeg) {
    auto* state = static_cast<JpegState*>(jpeg->client_data);
    std::strncpy(state->failure.data(), jpeg_problem(jpeg->err->msg_code), state->failure.size() - 1);
    std::longjmp(state->escape, 1); // NOLINT(cert-err52-cpp)
}

/// Warnings such as stray bytes before a marker leave a whole picture; a missing end does not.
void heed_jpeg_warning(j_common_ptr jpeg, int level) {
    const int code = jpeg->err->msg_code;
    if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) {
        fail_jpeg(jpeg);
    }
}

void limit_jpeg_scans(j_common_ptr jpeg) {
    const auto* decompress = reinterpret_cast<j_decompress_ptr>(jpeg);
    if (decompress->input_scan_number > kMostScans) {
        auto* state = static_cast<JpegState*>(jpeg->client_data);
        *fmt::format_to_n(state->failure.data(), state->failure.size() - 1, "more than {} scans", kMostScans).out = 0;
        std::longjmp(state->escape, 1); // NOLINT(cert-err52-cpp)
    }
}

/// Puts our own decoder of coefficients in the place of libjpeg's, where it can read the file and libjpeg-turbo is as
/// its headers say. It spares 14 to 22 % of the CPU time of loading photographs, augmentation included.
void decode_faster([[maybe_unused]] JpegState& state) {
#ifdef TACIT_HAS_LIBJPEG_MODULES
    if (!may_replace_decode_mcu() || !state.huffman.start(state.jpeg)) {
        return;
    }
    state.jpeg.entropy->decode_mcu = [](j_decompress_ptr jpeg, JBLOCKROW* blocks) -> boolean {
        if (!static_cast<JpegState*>(jpeg->client_data)->huffman.decode(*jpeg, blocks)) {
            WARNMS(jpeg, JWRN_HIT_MARKER);
        }
        return TRUE;
    };
#endif
}

/// libjpeg reports errors by longjmp: the three functions below hold nothing that needs a destructor.
bool read_header(JpegState& state, std::span<const std::uint8_t> bytes) {
    if (setjmp(state.escape) != 0) { // NOLINT(cert-err52-cpp)
        return false;
    }
    jpeg_destroy_decompress(&state.jpeg); // with the tables of the file before, which this one must not find
    jpeg_create_decompress(&state.jpeg);
    state.jpeg.progress = &state.progress;
    jpeg_mem_src(&state.jpeg, bytes.data(), bytes.size());
    jpeg_read_header(&state.jpeg, TRUE);
    return true;
}

/// Where coefficients are missing (a progressive file cut short), libjpeg guesses them from neighbours that a window
/// would lack.
bool guesses_from_neighbours(const jpeg_decompress_struct& jpeg) {
    if (jpeg.progressive_mode == FALSE || jpeg.coef_bits == nullptr) {
        return false;
    }
    const int* bits = jpeg.coef_bits[0];
    return std::any_of(bits, bits + std::ptrdiff_t{jpeg.num_components} * DCTSIZE2, [](int left) { return left != 0; });
}

/// Leaves out the columns that `box` does not need, and widens it to those that remain: whole blocks, and a pixel of
/// the coarsest channel on either side, with which libjpeg smooths the box's own.
void crop_columns(jpeg_decompress_struct& jpeg, augment::Box& box) {
    const int margin = jpeg.max_h_samp_factor;
    const int block = DCTSIZE * jpeg.max_h_samp_factor;
    const int right = (box.left + box.width + margin + block - 1) / block * block;
    auto left = static_cast<JDIMENSION>(std::max(0, box.left - margin));
    JDIMENSION width = std::min(static_cast<JDIMENSION>(right), jpeg.output_width) - left;
    jpeg_crop_scanline(&jpeg, &left, &width);
    box.left = static_cast<int>(left);
    box.width = static_cast<int>(width);
}

std::size_t bytes_of_row(const jpeg_decompress_struct& jpeg) {
    return std::size_t{jpeg.output_width} * static_cast<std::size_t>(jpeg.output_components);
}

bool start_reading(JpegState& state, J_COLOR_SPACE space, augment::Box& box) {
    if (setjmp(state.escape) != 0) { // NOLINT(cert-err52-cpp)
        return false;
    }
    jpeg_decompress_struct& jpeg = state.jpeg;
    jpeg.out_color_space = space;
    jpeg.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&jpeg);
    decode_faster(state);
    if (jpeg.arith_code != FALSE || guesses_from_neighbours(jpeg)) {
        box = {0, 0, static_cast<int>(jpeg.output_height), static_cast<int>(jpeg.output_width)};
    } else {
        crop_columns(jpeg, box);
    }
    return true;
}

/// Rows at addresses that kVectorBytes divides go through `state.row`, which must hold one and a byte: libjpeg-turbo
/// would write them past the caches to memory, from where whoever reads them next must fetch them again.
void read_rows(JpegState& state, const augment::Box& box, std::uint8_t* out) {
    jpeg_decompress_struct& jpeg = state.jpeg;
    const std::size_t row_bytes = bytes_of_row(jpeg);
    jpeg_skip_scanlines(&jpeg, static_cast<JDIMENSION>(box.top));
    for (int y = 0; y < box.height; ++y, out += row_bytes) {
        const bool aligned = reinterpret_cast<std::uintptr_t>(out) % kVectorBytes == 0;
        JSAMPROW row = aligned ? state.row.data() + 1 : out;
        jpeg_read_scanlines(&jpeg, &row, 1);
        if (aligned) {
            std::copy_n(row, row_bytes, out);
        }
    }
}

bool read_window(JpegState& state, const augment::Box& box, std::uint8_t* out) {
    if (setjmp(state.escape) != 0) { // NOLINT(cert-err52-cpp)
        return false;
    }
    read_rows(state, box, out);
    if (state.jpeg.output_scanline == state.jpeg.output_height) {
        jpeg_finish_decompress(&state.jpeg);
    } else {
        jpeg_abort_decompress(&state.jpeg);
    }
    return true;
}

} // namespace

bool JpegDecoder::recognises(std::span<const std::uint8_t> bytes) {
    return bytes.size() >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;
}

JpegDecoder::JpegDecoder() : state_(std::make_unique<JpegState>()) {
    JpegState& state = *state_;
    state.jpeg.err = jpeg_std_error(&state.errors);
    state.jpeg.client_data = &state;
    state.errors.error_exit = fail_jpeg;
    state.errors.emit_message = heed_jpeg_warning;
    state.progress.progress_monitor = limit_jpeg_scans;
}

JpegDecoder::~JpegDecoder() = default;

augment::ImageShape JpegDecoder::open(std::span<const std::uint8_t> bytes) {
    JpegState& state = *state_;
    if (!read_header(state, bytes)) {
        throw DataError(fmt::format("is a damaged JPEG ({})", state.failure.data()));
    }
    const int channels = state.jpeg.num_components;
    if (channels != 1 && channels != 3 && channels != 4) {
        throw DataError(fmt::format("is a JPEG of {} channels", channels));
    }
    return {static_cast<int>(state.jpeg.image_height), static_cast<int>(state.jpeg.image_width), channels};
}

augment::Box JpegDecoder::start(int channels, const augment::Box& wanted) {
    const J_COLOR_SPACE space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    box_ = wanted;
    if (!start_reading(*state_, space, box_)) {
        throw DataError(fmt::format("is a damaged JPEG ({})", state_->failure.data()));
    }
    return box_;
}

void JpegDecoder::read(std::uint8_t* out) {
    state_->row.resize(std::max(state_->row.size(), bytes_of_row(state_->jpeg) + 1));
    if (!read_window(*state_, box_, out)) {
        throw DataError(fmt::format("is a damaged JPEG ({})", state_->failure.data()));
    }
}

} // namespace tacit::shards
