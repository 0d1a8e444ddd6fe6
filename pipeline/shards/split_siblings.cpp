// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/split_siblings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> kTrain = {"train", "training"};
constexpr std::array<std::string_view, 6> kTest = {"test", "testing", "val", "valid", "validation", "dev"};

bool is_letter_or_digit(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool is_split_word(const std::string& word) {
    return std::find(kTrain.begin(), kTrain.end(), word) != kTrain.end() ||
           std::find(kTest.begin(), kTest.end(), word) != kTest.end();
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
        if (!is_split_word(lower(word))) {
            continue;
        }
        const std::string before = folder + name.substr(0, begin);
        const std::string behind = name.substr(end);
        const auto first_there = [&](const auto& words) {
            for (const std::string_view other : words) {
                std::string written = written_like(other, word);
                std::error_code error;
                if (fs::is_regular_file(fmt::format("{}{}{}", before, written, behind), error)) {
                    return written;
                }
            }
            return std::string();
        };
        const std::string train = first_there(kTrain);
        const std::string test = first_there(kTest);
        if (!train.empty() && !test.empty()) {
            return SplitSiblings{fmt::format("{}{{split}}{}", before, behind), train, test};
        }
    }
    return std::nullopt;
}

} // namespace tacit::shards
