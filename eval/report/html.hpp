// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tacit::eval::report {

/// `text` for HTML content and quoted attributes: & < > " ' become entities; control characters other than tab and
/// newline become spaces.
std::string escaped(std::string_view text);

/// RFC 4648 base64 with padding.
std::string base64(std::string_view bytes);

/// "data:<mime>;base64,…"
std::string data_uri(std::string_view mime, std::string_view bytes);

} // namespace tacit::eval::report
