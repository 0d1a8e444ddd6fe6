// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/words.hpp"

#include <algorithm>
#include <cstddef>

namespace tacit {
namespace {

/// Damerau-Levenshtein distance with adjacent transpositions (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        above[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

/// Long inputs are not misspelt words, and comparing them would cost quadratic time.
constexpr std::size_t kLongestWord = 64;

} // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
    std::string best;
    if (word.size() > kLongestWord) {
        return best;
    }
    std::size_t smallest = word.size() / 2 + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t away = distance(word, candidate);
        if (away < smallest) {
            smallest = away;
            best = candidate;
        }
    }
    return best;
}

std::string unknown_word(std::string_view kind, std::string_view word, const std::vector<std::string>& candidates) {
    std::string message = "unknown " + std::string(kind) + " '" + one_line(word, kLongestWord) + "'";
    const std::string nearest = nearest_word(word, candidates);
    if (!nearest.empty()) {
        message += "; did you mean '" + nearest + "'?";
    }
    if (candidates.empty()) {
        return message;
    }
    message += " (one of: ";
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        message += (i == 0 ? "" : ", ") + candidates[i];
    }
    return message + ")";
}

std::string one_line(std::string_view text, std::size_t longest) {
    std::string line(text.substr(0, longest));
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
    return text.size() > longest ? line + "..." : line;
}

} // namespace tacit
