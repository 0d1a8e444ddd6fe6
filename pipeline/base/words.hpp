// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tacit {

/// The candidate with the smallest Damerau-Levenshtein distance to `word`, or "" if none is within
/// half of its length. For "did you mean" messages.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

/// "unknown <kind> 'word'; did you mean 'x'? (one of: a, b, c)".
std::string unknown_word(std::string_view kind, std::string_view word, const std::vector<std::string>& candidates);

/// `text` fit for a one-line message: control characters become '?', the part beyond `longest` bytes "...".
std::string one_line(std::string_view text, std::size_t longest = 200);

} // namespace tacit
