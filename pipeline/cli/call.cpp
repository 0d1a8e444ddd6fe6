// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/call.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

#include <cstdio>
#include <fmt/format.h>

namespace tacit::cli {
namespace {

template <class T> T checked(const Call& call, const std::string& option, T min, T max) {
    const T value = call.values[option].as<T>();
    if (!(value >= min && value <= max)) {
        throw ConfigError(fmt::format("--{} {}: must be in [{}, {}]", option, value, min, max));
    }
    return value;
}

} // namespace

std::vector<std::string> Call::texts(const std::string& option) const {
    return values.count(option) > 0 ? values[option].as<std::vector<std::string>>() : std::vector<std::string>();
}

std::string Call::required_text(const std::string& option, const std::string& purpose) const {
    if (values.count(option) == 0 || text(option).empty()) {
        throw ConfigError(fmt::format("{} is missing: {}", option, purpose));
    }
    return text(option);
}

std::vector<std::string> Call::required_texts(const std::string& option, const std::string& purpose) const {
    std::vector<std::string> all = texts(option);
    if (all.empty()) {
        throw ConfigError(fmt::format("{} is missing: {}", option, purpose));
    }
    return all;
}

std::int64_t Call::integer_in(const std::string& option, std::int64_t min, std::int64_t max) const {
    return checked<std::int64_t>(*this, option, min, max);
}

double Call::number_in(const std::string& option, double min, double max) const {
    return checked<double>(*this, option, min, max);
}

void Call::answer(const std::string& text) const {
    if (comm.rank() != 0) {
        return;
    }
    const bool open = !text.empty() && text.back() != '\n';
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                         (!open || std::fputc('\n', stdout) != EOF) && std::fflush(stdout) == 0;
    if (!written) {
        throw IoError("cannot write to stdout: " + errno_text());
    }
}

} // namespace tacit::cli
