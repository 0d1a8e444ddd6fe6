// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/guess/numbered_names.hpp"

#include "pipeline/shards/format/shard_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// `name` with `sign` in place of each digit.
std::string with_digits(const std::string& name, const std::string& sign) {
    std::string out;
    for (const char c : name) {
        out += is_digit(c) ? sign : std::string(1, c);
    }
    return out;
}

/// The number at `at`, without leading zeros; `at` is moved behind it.
std::string number_at(const std::string& text, std::size_t& at) {
    at = std::min(text.find_first_not_of('0', at), text.size());
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) {
        ++at;
    }
    return text.substr(begin, at - begin);
}

} // namespace

bool natural_less(const std::string& a, const std::string& b) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (is_digit(a[i]) && is_digit(b[j])) {
            const std::string one = number_at(a, i);
            const std::string other = number_at(b, j);
            if (one != other) {
                return one.size() != other.size() ? one.size() < other.size() : one < other;
            }
        } else if (a[i] != b[j]) {
            return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
        } else {
            ++i;
            ++j;
        }
    }
    return a.size() - i != b.size() - j ? a.size() - i < b.size() - j : a < b;
}

std::string without_numbers(const std::string& name, const std::string& sign) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (!is_digit(name[i])) {
            out += name[i];
        } else if (i == 0 || !is_digit(name[i - 1])) {
            out += sign;
        }
    }
    return out;
}

std::string first_gap(const std::vector<std::string>& names) {
    constexpr std::size_t kDigits = 18;
    for (std::size_t i = 1; i < names.size(); ++i) {
        const std::string& one = names[i - 1];
        const std::string& next = names[i];
        auto start = static_cast<std::size_t>(std::mismatch(one.begin(), one.end(), next.begin(), next.end()).first -
                                              one.begin());
        while (start > 0 && is_digit(one[start - 1])) {
            --start;
        }
        std::size_t one_end = start;
        std::size_t next_end = start;
        const std::string low = number_at(one, one_end);
        const std::string high = number_at(next, next_end);
        const bool numbers = one_end > start && next_end > start && low.size() < kDigits && high.size() < kDigits;
        const std::uint64_t wanted = numbers ? std::stoull("0" + low) + 1 : 0;
        if (numbers && std::stoull("0" + high) > wanted) {
            return fmt::format("{}{:0{}}{}", one.substr(0, start), wanted, one_end - start, one.substr(one_end));
        }
    }
    return {};
}

NumberedFiles numbered_files(const std::string& path) {
    const fs::path file(path);
    const std::string folder = path.substr(0, path.size() - file.filename().string().size());
    const std::string stem = file.stem().string();
    const std::string kind = without_numbers(stem, "#");
    NumberedFiles found;
    std::error_code error;
    for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
         entry.increment(error)) {
        const fs::path& other = entry->path();
        if (other.extension() == file.extension() && without_numbers(other.stem().string(), "#") == kind) {
            found.files.push_back(folder + other.filename().string());
        }
    }
    if (path.find_first_of("*?[{") != std::string::npos || kind == stem || found.files.size() < 2) {
        return {};
    }
    std::sort(found.files.begin(), found.files.end());
    for (const std::string& numbers : {without_numbers(stem, "[0-9]*"), with_digits(stem, "[0-9]")}) {
        const std::string pattern = folder + numbers + file.extension().string();
        if (found.pattern.empty() && glob_files(pattern).size() == found.files.size()) {
            found.pattern = pattern;
        }
    }
    return found;
}

} // namespace tacit::shards
