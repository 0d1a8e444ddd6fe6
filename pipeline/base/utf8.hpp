// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace tacit {

/// Index of the first byte at which `text` is no UTF-8 (RFC 3629: neither overlong forms nor surrogates);
/// std::string_view::npos where all of it is.
std::size_t first_not_utf8(std::string_view text);

} // namespace tacit
