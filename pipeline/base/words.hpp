// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tacit {

/// The candidate with the smallest Damerau-Levenshtein distance to `word`, or "" if none is within
/// half of its length. For "did you mean" messages.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

/// "unknown <kind> 'word'; did you mean 'x'? (one of: a, b, c)".
std::string unknown_word(std::string_view kind, std::string_view word, const std::vector<std::string>& candidates);

} // namespace tacit
