// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tacit {

/// Index of the first byte at which `text` is no UTF-8 (RFC 3629: neither overlong forms nor surrogates);
/// std::string_view::npos where all of it is.
std::size_t first_not_utf8(std::string_view text);

/// `bytes` as UTF-8. Text that is UTF-8 stays as it is. In other text, such as a file name in Latin-1, each byte that
/// belongs to no character is written as \xE9, and each backslash as two, so that two such texts never become one.
std::string utf8_of(std::string_view bytes);
/// Adds the character of a code point; U+FFFD for what is none (halves of pairs, beyond U+10FFFF).
void append_utf8(std::uint32_t code, std::string& text);

} // namespace tacit
