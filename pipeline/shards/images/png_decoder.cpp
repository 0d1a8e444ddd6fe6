// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/png_decoder.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <string_view>

namespace tacit::shards {

struct PngDecoder::State {
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::span<const std::uint8_t> bytes;
    std::size_t used = 0;
    int passes = 1;
    augment::ImageShape shape;
    Element element = Element::u8;
    std::array<char, 128> failure{};

    ~State() { png_destroy_read_struct(&png, &info, nullptr); }
};

namespace {

constexpr const char* kCut = "it ends too early";
constexpr png_uint_32 kMaxSide = 65500;
constexpr png_alloc_size_t kMaxChunkBytes = 8U << 20U;

void fail_png(png_structp png, png_const_charp message) {
    auto* failure = static_cast<std::array<char, 128>*>(png_get_error_ptr(png));
    const std::string_view reason = message;
    const char* problem = reason == kCut || reason.find("ot enough") != std::string_view::npos ? kCut
                          : reason.find("CRC") != std::string_view::npos ? "a checksum in it is wrong"
                                                                         : "its data cannot be decoded";
    std::strncpy(failure->data(), problem, failure->size() - 1);
    png_longjmp(png, 1);
}

void ignore_png_warning(png_structp, png_const_charp) {}

/// What libpng reads from, and how far it got.
struct Feed {
    std::span<const std::uint8_t>* bytes;
    std::size_t* used;
};

void feed_png(png_structp png, png_bytep to, png_size_t bytes) {
    const auto* feed = static_cast<const Feed*>(png_get_io_ptr(png));
    if (bytes > feed->bytes->size() - *feed->used) {
        png_error(png, kCut);
    }
    std::memcpy(to, feed->bytes->data() + *feed->used, bytes);
    *feed->used += bytes;
}

void request_colour(png_structp png) {
    png_set_expand(png);
    png_set_strip_alpha(png);
    if constexpr (std::endian::native == std::endian::little) {
        png_set_swap(png);
    }
}

/// libpng reports errors by longjmp: this function and read_pixels hold nothing that needs a destructor.
bool read_header(png_structp png, png_infop info, int* passes) {
    if (setjmp(png_jmpbuf(png)) != 0) { // NOLINT(cert-err52-cpp)
        return false;
    }
    png_read_info(png, info);
    request_colour(png);
    *passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    return true;
}

void read_rows(png_structp png, std::uint8_t* out, std::size_t row_bytes, int height, int passes) {
    for (int pass = 0; pass < passes; ++pass) {
        for (int row = 0; row < height; ++row) {
            png_read_row(png, out + static_cast<std::size_t>(row) * row_bytes, nullptr);
        }
    }
    png_read_end(png, nullptr);
}

bool read_pixels(png_structp png, std::uint8_t* out, std::size_t row_bytes, int height, int passes) {
    if (setjmp(png_jmpbuf(png)) != 0) { // NOLINT(cert-err52-cpp)
        return false;
    }
    read_rows(png, out, row_bytes, height, passes);
    return true;
}

} // namespace

bool PngDecoder::recognises(std::span<const std::uint8_t> bytes) {
    return bytes.size() >= 8 && png_sig_cmp(bytes.data(), 0, 8) == 0;
}

PngDecoder::PngDecoder(std::span<const std::uint8_t> bytes) : state_(std::make_unique<State>()) {
    State& state = *state_;
    state.bytes = bytes;
    state.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state.failure, fail_png, ignore_png_warning);
    state.info = state.png == nullptr ? nullptr : png_create_info_struct(state.png);
    if (state.info == nullptr) {
        throw DataError("cannot start the PNG decoder");
    }
    Feed feed{&state.bytes, &state.used};
    png_set_read_fn(state.png, &feed, feed_png);
    png_set_user_limits(state.png, kMaxSide, kMaxSide);
    png_set_chunk_malloc_max(state.png, kMaxChunkBytes);
    // That limit only warns: libpng would take the memory that a colour profile or suggested palette claims. None of
    // them changes a pixel here (transparency is not among them), so they are passed over unread.
    png_set_keep_unknown_chunks(state.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    if (!read_header(state.png, state.info, &state.passes)) {
        throw DataError(fmt::format("is a damaged PNG ({})", state.failure.data()));
    }
    state.shape = {static_cast<int>(png_get_image_height(state.png, state.info)),
                   static_cast<int>(png_get_image_width(state.png, state.info)),
                   static_cast<int>(png_get_channels(state.png, state.info))};
    state.element = png_get_bit_depth(state.png, state.info) == 16 ? Element::u16 : Element::u8;
    if (png_get_rowbytes(state.png, state.info) * static_cast<std::size_t>(state.shape.height) !=
        state.shape.bytes() * element_bytes(state.element)) {
        throw DataError("is a PNG of an unsupported kind");
    }
}

PngDecoder::~PngDecoder() = default;

augment::ImageShape PngDecoder::shape() const {
    return state_->shape;
}

Element PngDecoder::element() const {
    return state_->element;
}

void PngDecoder::decode(std::uint8_t* out) {
    State& state = *state_;
    Feed feed{&state.bytes, &state.used};
    png_set_read_fn(state.png, &feed, feed_png);
    const std::size_t row_bytes =
        state.shape.bytes() * element_bytes(state.element) / static_cast<std::size_t>(state.shape.height);
    if (!read_pixels(state.png, out, row_bytes, state.shape.height, state.passes)) {
        throw DataError(fmt::format("is a damaged PNG ({})", state.failure.data()));
    }
}

} // namespace tacit::shards
