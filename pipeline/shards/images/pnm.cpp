// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/decoders.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace tacit::shards {
namespace {

[[noreturn]] void bad_pnm(const char* what) {
    throw DataError(std::string("is a damaged PNM (") + what + ")");
}

/// Numbers of the header and of plain pixels; '#' begins a comment up to the end of its line.
class Words {
  public:
    explicit Words(std::span<const std::uint8_t> bytes, std::size_t at) : bytes_(bytes), at_(at) {}
    std::size_t at() const { return at_; }
    std::uint32_t number() {
        skip_blanks();
        std::uint64_t value = 0;
        const std::size_t begin = at_;
        for (; at_ < bytes_.size() && std::isdigit(bytes_[at_]) != 0; ++at_) {
            value = std::min<std::uint64_t>(value * 10 + (bytes_[at_] - '0'), 0x7FFFFFFF);
        }
        if (at_ == begin) {
            bad_pnm(at_ == bytes_.size() ? "it ends too early" : "a number is expected");
        }
        return static_cast<std::uint32_t>(value);
    }

  private:
    void skip_blanks() {
        while (at_ < bytes_.size() && (std::isspace(bytes_[at_]) != 0 || bytes_[at_] == '#')) {
            if (bytes_[at_] == '#') {
                while (at_ < bytes_.size() && bytes_[at_] != '\n') {
                    ++at_;
                }
            } else {
                ++at_;
            }
        }
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t at_;
};

struct Header {
    PictureInfo info;
    std::uint32_t largest = 0;
    bool plain = false;
    std::size_t data = 0;
};

Header pnm_header(std::span<const std::uint8_t> bytes) {
    Words words(bytes, 2);
    Header header;
    header.plain = bytes[1] < '5';
    const int channels = bytes[1] == '3' || bytes[1] == '6' ? 3 : 1;
    const std::uint32_t width = words.number();
    const std::uint32_t height = words.number();
    header.largest = words.number();
    if (header.largest < 1 || header.largest > 65535) {
        bad_pnm("its largest value is not in 1 to 65535");
    }
    header.info.element = header.largest > 255 ? Element::u16 : Element::u8;
    refuse_huge(width, height, channels, header.info.element);
    header.info.shape = {static_cast<int>(height), static_cast<int>(width), channels};
    header.data = words.at() + 1; // One blank ends the header.
    return header;
}

/// `next()` gives the values in order; T is what they are stored as.
template <class T, class Next>
void decode_values(const Header& header, Next&& next, std::vector<std::uint8_t>& pixels) {
    constexpr std::uint32_t kFull = sizeof(T) == 1 ? 255 : 65535;
    pixels.resize(header.info.bytes());
    for (std::size_t i = 0; i < pixels.size(); i += sizeof(T)) {
        const std::uint32_t value = next();
        if (value > header.largest) {
            bad_pnm("a value is above the largest that its header names");
        }
        const auto scaled = static_cast<T>((std::uint64_t{value} * kFull + header.largest / 2) / header.largest);
        std::memcpy(&pixels[i], &scaled, sizeof(T));
    }
}

} // namespace

bool is_pnm(ImageBytes bytes) {
    return bytes.size() >= 3 && bytes[0] == 'P' && std::strchr("2356", bytes[1]) != nullptr && bytes[1] != 0 &&
           std::isspace(bytes[2]) != 0;
}

PictureInfo read_pnm(ImageBytes bytes, Pixels* pixels) {
    const Header header = pnm_header(bytes);
    if (pixels == nullptr) {
        return header.info;
    }
    const bool wide = header.info.element == Element::u16;
    if (bytes.size() < header.data ||
        bytes.size() - header.data < header.info.bytes() / (header.plain && wide ? 2 : 1)) {
        bad_pnm("it ends too early");
    }
    if (header.plain) {
        Words words(bytes, header.data);
        const auto next = [&] { return words.number(); };
        wide ? decode_values<std::uint16_t>(header, next, *pixels) : decode_values<std::uint8_t>(header, next, *pixels);
        return header.info;
    }
    const std::uint8_t* at = &bytes[header.data];
    if (wide) {
        const auto next = [&] {
            at += 2;
            return (std::uint32_t{at[-2]} << 8U) | at[-1];
        };
        decode_values<std::uint16_t>(header, next, *pixels);
    } else {
        decode_values<std::uint8_t>(
            header, [&] { return std::uint32_t{*at++}; }, *pixels);
    }
    return header.info;
}

} // namespace tacit::shards
