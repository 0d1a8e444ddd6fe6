// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/splits/split_siblings.hpp"

#include "pipeline/shards/splits/split_names.hpp"

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
    return split_siblings(path, path.size() - fs::path(path).filename().string().size(), [](const std::string& file) {
        std::error_code error;
        return fs::is_regular_file(file, error);
    });
}

std::optional<SplitSiblings> split_siblings(const std::string& name, std::size_t from,
                                            const std::function<bool(const std::string&)>& exists) {
    for (std::size_t begin = from, end = from; begin < name.size(); begin = end + 1) {
        end = begin;
        while (end < name.size() && is_letter_or_digit(name[end])) {
            ++end;
        }
        const std::string word = name.substr(begin, end - begin);
        if (split_of_word(word).empty()) {
            continue;
        }
        const std::string before = name.substr(0, begin);
        const std::string behind = name.substr(end);
        const auto first_there = [&](const std::string& split) {
            for (const SplitSpelling& other : kSplitSpellings) {
                std::string written = written_like(other.word, word);
                if (other.split == split && exists(fmt::format("{}{}{}", before, written, behind))) {
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
