// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/tiff_file.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <mutex>

namespace tacit::shards {
namespace {

/// Whether libtiff complained of something in this thread.
bool& complained() {
    thread_local bool any = false;
    return any;
}

void note_error(const char* /*module*/, const char* /*format*/, va_list /*arguments*/) {
    complained() = true;
}

[[noreturn]] void bad_tiff() {
    throw DataError(complained() ? "is a damaged TIFF (its data or its fields cannot be decoded)"
                                 : "is a damaged TIFF (it ends too early)");
}

/// libtiff knows one handler for the whole process.
void install_handlers() {
    static std::once_flag once;
    std::call_once(once, [] {
        TIFFSetErrorHandler(note_error);
        TIFFSetWarningHandler(nullptr);
    });
}

/// Reduced copies and transparency masks are no pages of their own.
bool is_page(TIFF* tiff) {
    std::uint32_t type = 0;
    return TIFFGetField(tiff, TIFFTAG_SUBFILETYPE, &type) == 0 || // NOLINT(cppcoreguidelines-pro-type-vararg)
           (type & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
}

} // namespace

tmsize_t TiffFile::feed(thandle_t handle, void* to, tmsize_t bytes) {
    auto* stream = static_cast<Stream*>(handle);
    const std::uint64_t left = stream->at < stream->bytes.size() ? stream->bytes.size() - stream->at : 0;
    const std::uint64_t count = std::min(left, static_cast<std::uint64_t>(std::max<tmsize_t>(bytes, 0)));
    if (count > 0) {
        std::memcpy(to, stream->bytes.data() + stream->at, count);
    }
    stream->at += count;
    return static_cast<tmsize_t>(count);
}

toff_t TiffFile::seek(thandle_t handle, toff_t offset, int whence) {
    auto* stream = static_cast<Stream*>(handle);
    const std::uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? stream->at : stream->bytes.size();
    stream->at = base + offset;
    return stream->at;
}

TiffFile::TiffFile(std::span<const std::uint8_t> bytes, bool first_page) : stream_{bytes} {
    install_handlers();
    complained() = false;
    tiff_ = TIFFClientOpen(
        "image", "rm", &stream_, feed, [](thandle_t, void*, tmsize_t) -> tmsize_t { return 0; }, seek,
        [](thandle_t) { return 0; },
        [](thandle_t stream) -> toff_t { return static_cast<Stream*>(stream)->bytes.size(); },
        [](thandle_t, void**, toff_t*) { return 0; }, [](thandle_t, void*, toff_t) {});
    if (tiff_ == nullptr) {
        bad_tiff();
    }
    try {
        if (!first_page) {
            refuse_pages();
        }
    } catch (...) {
        TIFFClose(tiff_);
        throw;
    }
}

TiffFile::~TiffFile() {
    TIFFClose(tiff_);
}

void TiffFile::refuse_pages() {
    int pages = 1;
    while (TIFFLastDirectory(tiff_) == 0) {
        if (TIFFReadDirectory(tiff_) == 0) {
            bad_tiff();
        }
        pages += is_page(tiff_) ? 1 : 0;
    }
    if (pages > 1) {
        throw DataError(fmt::format("is a TIFF of {} pages; save them as images of their own, or take the first page "
                                    "of each file with --first-page",
                                    pages));
    }
    if (TIFFSetDirectory(tiff_, 0) == 0) {
        bad_tiff();
    }
}

// libtiff's accessors are variadic: the tag decides the type behind the pointer.
// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg)
std::uint16_t TiffFile::number(std::uint32_t tag, std::uint16_t otherwise) const {
    std::uint16_t value = 0;
    return TIFFGetField(tiff_, tag, &value) != 0 ? value : otherwise;
}

std::uint32_t TiffFile::wide_number(std::uint32_t tag, std::uint32_t otherwise) const {
    std::uint32_t value = 0;
    return TIFFGetField(tiff_, tag, &value) != 0 ? value : otherwise;
}

bool TiffFile::last_sample_is_alpha() const {
    std::uint16_t count = 0;
    const std::uint16_t* kinds = nullptr;
    return TIFFGetField(tiff_, TIFFTAG_EXTRASAMPLES, &count, &kinds) != 0 && count > 0 &&
           (kinds[count - 1] == EXTRASAMPLE_ASSOCALPHA || kinds[count - 1] == EXTRASAMPLE_UNASSALPHA);
}

TiffFile::Palette TiffFile::palette() const {
    std::array<std::uint16_t*, 3> tables{};
    if (TIFFGetField(tiff_, TIFFTAG_COLORMAP, &tables[0], &tables[1], &tables[2]) == 0) {
        throw DataError("is a damaged TIFF (its palette is not there)");
    }
    return {tables[0], tables[1], tables[2]};
}

void TiffFile::convert_jpeg_to_rgb() {
    TIFFSetField(tiff_, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}
// NOLINTEND(cppcoreguidelines-pro-type-vararg)

bool TiffFile::tiled() const {
    return TIFFIsTiled(tiff_) != 0;
}

void TiffFile::read_block(std::uint32_t number, std::uint8_t* to, std::size_t bytes) {
    const auto wanted = static_cast<tmsize_t>(bytes);
    complained() = false;
    const tmsize_t got =
        tiled() ? TIFFReadEncodedTile(tiff_, number, to, wanted) : TIFFReadEncodedStrip(tiff_, number, to, wanted);
    if (got != wanted) {
        bad_tiff();
    }
}

} // namespace tacit::shards
