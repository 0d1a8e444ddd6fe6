// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/split_siblings.hpp"

#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

bool is_letter_or_digit(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// `word` in small letters, written as `model` is: val, Val or VAL.
std::string written_like(std::string_view word, const std::string& model) {
    std::string out(word);
    const bool first = std::isupper(static_cast<unsigned char>(model[0])) != 0;
    const bool second = first && std::isupper(static_cast<unsigned char>(model[1])) != 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (i == 0 ? first : second) {
            out[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[i])));
        }
    }
    return out;
}

} // namespace

std::optional<SplitSiblings> split_siblings(const std::string& path) {
    const std::string name = fs::path(path).filename().string();
    const std::string folder = path.substr(0, path.size() - name.size());
    for (std::size_t begin = 0, end = 0; begin < name.size(); begin = end + 1) {
        end = begin;
        while (end < name.size() && is_letter_or_digit(name[end])) {
            ++end;
        }
        const std::string word = name.substr(begin, end - begin);
        if (split_of_word(word).empty()) {
            continue;
        }
        const std::string before = folder + name.substr(0, begin);
        const std::string behind = name.substr(end);
        const auto first_there = [&](const std::string& split) {
            for (const SplitSpelling& other : kSplitSpellings) {
                std::string written = written_like(other.word, word);
                std::error_code error;
                if (other.split == split &&
                    fs::is_regular_file(fmt::format("{}{}{}", before, written, behind), error)) {
                    return written;
                }
            }
            return std::string();
        };
        const std::string train = first_there("train");
        const std::string test = first_there("test").empty() ? first_there("val") : first_there("test");
        if (!train.empty() && !test.empty()) {
            return SplitSiblings{fmt::format("{}{{split}}{}", before, behind), train, test};
        }
    }
    return std::nullopt;
}

} // namespace tacit::shards
