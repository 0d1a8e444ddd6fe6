// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/numbered_names.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
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

std::string numbered_files(const std::string& path) {
    const fs::path file(path);
    const std::string folder = path.substr(0, path.size() - file.filename().string().size());
    const std::string kind = without_numbers(file.stem().string(), "#");
    std::size_t alike = 0;
    std::error_code error;
    for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
         entry.increment(error)) {
        const fs::path& other = entry->path();
        alike += other.extension() == file.extension() && without_numbers(other.stem().string(), "#") == kind ? 1 : 0;
    }
    const bool plain = path.find_first_of("*?[{") == std::string::npos && kind != file.stem().string();
    return plain && alike > 1 ? folder + without_numbers(file.stem().string(), "[0-9]*") + file.extension().string()
                              : std::string();
}

} // namespace tacit::shards
