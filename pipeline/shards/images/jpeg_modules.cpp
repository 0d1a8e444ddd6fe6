// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/jpeg_modules.hpp"

#include <array>
#include <csetjmp>
#include <cstdint>
#include <cstdio> // jpeglib.h wants it
#include <cstdlib>
#include <cstring>
#include <jpeglib.h>
// After jpeglib.h. How libjpeg's modules call each other; not every system has it.
#if __has_include(<jpegint.h>)
#include <jpegint.h>
#define TACIT_HAS_LIBJPEG_MODULES
#endif

namespace tacit::shards {

std::size_t decode_mcu_offset() {
#ifdef TACIT_HAS_LIBJPEG_MODULES
    return offsetof(jpeg_entropy_decoder, decode_mcu);
#else
    return kNoModules;
#endif
}

namespace {

constexpr JDIMENSION kSide = 32; // four MCUs of 16 x 16 pixels
constexpr int kMcus = 4;
using DecodeMcu = boolean (*)(j_decompress_ptr, JBLOCKROW*);
using Row = std::array<std::uint8_t, std::size_t{kSide} * 3>;

struct Probe {
    jpeg_error_mgr errors{}; ///< first: libjpeg's pointer to it is one to the probe
    std::jmp_buf escape{};
    DecodeMcu original = nullptr;
    int calls = 0;
};

[[noreturn]] void give_up(j_common_ptr jpeg) {
    std::longjmp(reinterpret_cast<Probe*>(jpeg->err)->escape, 1); // NOLINT(cert-err52-cpp)
}

void keep_quiet(j_common_ptr /*jpeg*/, int /*level*/) {}

void listen(Probe& probe) {
    jpeg_std_error(&probe.errors);
    probe.errors.error_exit = give_up;
    probe.errors.emit_message = keep_quiet;
}

/// A JPEG of a slope. libjpeg allocates it by malloc(); empty where it reports an error.
struct SmallJpeg {
    SmallJpeg() {
        listen(probe);
        jpeg.err = &probe.errors;
        if (setjmp(probe.escape) == 0) { // NOLINT(cert-err52-cpp)
            write();
        }
        jpeg_destroy_compress(&jpeg);
    }
    ~SmallJpeg() { std::free(bytes); } // NOLINT(cppcoreguidelines-no-malloc)
    SmallJpeg(const SmallJpeg&) = delete;
    SmallJpeg& operator=(const SmallJpeg&) = delete;

    Probe probe;
    jpeg_compress_struct jpeg{};
    unsigned char* bytes = nullptr;
    unsigned long size = 0; // NOLINT(google-runtime-int): libjpeg's

  private:
    void write() {
        jpeg_create_compress(&jpeg);
        jpeg_mem_dest(&jpeg, &bytes, &size);
        jpeg.image_width = kSide;
        jpeg.image_height = kSide;
        jpeg.input_components = 3;
        jpeg.in_color_space = JCS_RGB;
        jpeg_set_defaults(&jpeg);
        jpeg_start_compress(&jpeg, TRUE);
        Row row{};
        while (jpeg.next_scanline < kSide) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                row[i] = static_cast<std::uint8_t>(7 * i + std::size_t{5} * jpeg.next_scanline);
            }
            JSAMPROW pointer = row.data();
            jpeg_write_scanlines(&jpeg, &pointer, 1);
        }
        jpeg_finish_compress(&jpeg);
    }
};

boolean count_and_decode(j_decompress_ptr jpeg, JBLOCKROW* blocks) {
    auto* probe = static_cast<Probe*>(jpeg->client_data);
    ++probe->calls;
    return probe->original(jpeg, blocks);
}

/// Decodes the picture with a watched function at `offset`, if that is where libjpeg's own stands.
void decode_watched(jpeg_decompress_struct& jpeg, Probe& probe, const SmallJpeg& picture, std::size_t offset) {
    jpeg_create_decompress(&jpeg);
    jpeg.client_data = &probe;
    jpeg_mem_src(&jpeg, picture.bytes, picture.size);
    jpeg_read_header(&jpeg, TRUE);
    jpeg_start_decompress(&jpeg);
    auto* slot = reinterpret_cast<unsigned char*>(jpeg.entropy) + offset;
    std::memcpy(&probe.original, slot, sizeof(DecodeMcu));
    const DecodeMcu watched = count_and_decode;
    std::memcpy(slot, &watched, sizeof(DecodeMcu));
    Row row{};
    JSAMPROW pointer = row.data();
    while (jpeg.output_scanline < kSide) {
        jpeg_read_scanlines(&jpeg, &pointer, 1);
    }
}

} // namespace

bool keeps_decode_mcu_at(std::size_t offset) {
    const SmallJpeg picture;
    if (offset == kNoModules || picture.bytes == nullptr) {
        return false;
    }
    Probe probe;
    listen(probe);
    jpeg_decompress_struct jpeg{};
    jpeg.err = &probe.errors;
    if (setjmp(probe.escape) == 0) { // NOLINT(cert-err52-cpp)
        decode_watched(jpeg, probe, picture, offset);
    }
    jpeg_destroy_decompress(&jpeg);
    return probe.calls == kMcus;
}

bool may_replace_decode_mcu() {
    static const bool kMay = keeps_decode_mcu_at(decode_mcu_offset());
    return kMay;
}

} // namespace tacit::shards
