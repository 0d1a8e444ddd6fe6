// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/utf8.hpp"

#include <algorithm>

namespace tacit {
namespace {

/// Bytes that the character at the front of `text` takes; 0 where there is none.
std::size_t length_of_first(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
        return 0;
    }
    // The second byte rules out overlong forms, surrogates and what lies beyond U+10FFFF.
    const unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    const auto follows = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
    const bool whole = byte(1) >= lowest && byte(1) <= highest &&
                       std::all_of(text.begin() + 2, text.begin() + static_cast<std::ptrdiff_t>(length), follows);
    return whole ? length : 0;
}

} // namespace

std::size_t first_not_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t length = length_of_first(text.substr(at));
        if (length == 0) {
            return at;
        }
        at += length;
    }
    return std::string_view::npos;
}

std::string utf8_of(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (first_not_utf8(bytes) == std::string_view::npos) {
        return std::string(bytes);
    }
    std::string text;
    while (!bytes.empty()) {
        const std::size_t length = length_of_first(bytes);
        const auto byte = static_cast<unsigned char>(bytes[0]);
        if (length == 0) {
            text += {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
        } else if (byte == '\\') {
            text += "\\\\";
        } else {
            text += bytes.substr(0, length);
        }
        bytes.remove_prefix(length == 0 ? 1 : length);
    }
    return text;
}

void append_utf8(std::uint32_t code, std::string& text) {
    constexpr std::uint32_t kReplacement = 0xFFFD;
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        code = kReplacement;
    }
    const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0U | code >> 6U);
    } else if (code < 0x10000) {
        text += static_cast<char>(0xE0U | code >> 12U);
        tail(6);
    } else {
        text += static_cast<char>(0xF0U | (code >> 18U & 0x07U));
        tail(12);
        tail(6);
    }
    if (code >= 0x80) {
        tail(0);
    }
}

} // namespace tacit
