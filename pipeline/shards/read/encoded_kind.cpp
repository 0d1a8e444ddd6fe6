// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/read/encoded_kind.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/statistics/value_range.hpp"

#include <algorithm>
#include <optional>

namespace tacit::shards {
namespace {

constexpr std::uint64_t kHeadBytes = std::uint64_t{64} << 10; ///< in which nearly every header lies
constexpr std::size_t kMostHeads = 64;

std::optional<FileInfo> header_of(const FileBytes& file, std::uint64_t address, std::uint64_t bytes) {
    try {
        std::vector<std::uint8_t> head(static_cast<std::size_t>(std::min(bytes, kHeadBytes)));
        file.read(address, head.data(), head.size());
        return file_info(head, false);
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// What `kind` and `other` both fit into, as far as an image file holds it.
EncodedKind united(EncodedKind kind, EncodedKind other) {
    const bool deep = kind.element == Element::u16 || other.element == Element::u16;
    const bool colour = kind.channels == 3 || other.channels == 3;
    return {deep ? Element::u16 : Element::u8, colour ? 3 : 1};
}

EncodedKind kind_of(const FileIndex& file) {
    return {file.element, file.shape.channels};
}

bool holds_files_of_others(const FileIndex& file) {
    return file.format == "hdf5" && file.parts.front().encoded();
}

} // namespace

EncodedKind encoded_kind(const ImageItems& items) {
    const FileBytes file(items.path);
    const std::size_t images = items.addresses.size();
    const std::size_t step = images / kMostHeads + 1;
    EncodedKind kind{Element::u8, 1};
    bool any = false;
    for (std::size_t image = 0; image < images; image += step) {
        const std::optional<FileInfo> header = header_of(file, items.addresses[image], items.bytes[image]);
        if (header) {
            const PictureInfo& picture = header->picture;
            const bool gray = picture.shape.channels == 1 && header->format != Format::jpeg;
            kind = united(kind, {picture.element == Element::u16 ? Element::u16 : Element::u8, gray ? 1 : 3});
            any = true;
        }
    }
    return any ? kind : EncodedKind();
}

void unite_encoded_kinds(std::vector<FileIndex>& files) {
    EncodedKind all{Element::u8, 1};
    for (const FileIndex& file : files) {
        all = united(all, kind_of(file));
    }
    widen(files, all);
}

bool widen(std::vector<FileIndex>& files, EncodedKind kind) {
    if (!std::all_of(files.begin(), files.end(), holds_files_of_others)) {
        return false;
    }
    bool changed = false;
    for (FileIndex& file : files) {
        const EncodedKind own = kind_of(file);
        const EncodedKind wider = united(own, kind);
        changed = changed || wider.element != own.element || wider.channels != own.channels;
        if (file.value_range == natural_range(own.element)) {
            file.value_range = natural_range(wider.element);
        }
        file.element = wider.element;
        file.shape.channels = wider.channels;
    }
    return changed;
}

} // namespace tacit::shards
