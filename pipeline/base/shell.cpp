// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/shell.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace tacit {
namespace {

bool is_plain(char letter) {
    constexpr std::string_view kPlain = "%+,-./:=@_";
    const auto byte = static_cast<unsigned char>(letter);
    return byte < 0x80 && (std::isalnum(byte) != 0 || kPlain.find(letter) != std::string_view::npos);
}

std::string quoted(const std::string& word) {
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
        return word;
    }
    std::string text = "'";
    for (const char letter : word) {
        text += letter == '\'' ? "'\\''" : std::string(1, letter);
    }
    return text + "'";
}

} // namespace

std::string shell_line(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) {
        line += (line.empty() ? "" : " ") + quoted(word);
    }
    return line;
}

} // namespace tacit
