// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/op_params.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace tacit::augment {
namespace {

ParameterInfo info_of(const Key& key) {
    return {.name = std::string(key.name),
            .meaning = std::string(key.meaning),
            .unit = std::string(key.unit),
            .usual = std::string(key.usual)};
}

} // namespace

OpParams::OpParams(const OpSpec& spec, const std::string& where, int size, int channels)
    : spec_(&spec), where_(fmt::format("{}, {}", where, spec.name)), size_(size), channels_(channels) {
    checked("p", spec.p, 0.0, 1.0);
}

void OpParams::fail(const std::string& problem) const {
    throw ConfigError(where_ + ": " + problem);
}

double OpParams::checked(std::string_view name, double value, double low, double high) const {
    if (!(value >= low && value <= high)) {
        fail(fmt::format("{} is {}, it must be in [{}, {}]", name, value, low, high));
    }
    return value;
}

void OpParams::take(ParameterInfo parameter) {
    const auto same = [&](const ParameterInfo& taken) { return taken.name == parameter.name; };
    if (std::find_if(taken_.begin(), taken_.end(), same) == taken_.end()) {
        taken_.push_back(std::move(parameter));
    }
}

const std::vector<double>& OpParams::given_numbers(const Key& key, const std::vector<double>& fallback,
                                                   const Limits& limits) {
    ParameterInfo info = info_of(key);
    info.numbers = fallback;
    info.low = limits.low;
    info.high = limits.high;
    info.least = limits.least;
    info.most = limits.most;
    take(std::move(info));
    return values(std::string(key.name));
}

const std::vector<double>& OpParams::values(const std::string& name) const {
    static const std::vector<double> kNone;
    const auto found = spec_->params.find(name);
    return found == spec_->params.end() ? kNone : found->second;
}

double OpParams::number(const Key& key, double fallback, double low, double high) {
    const std::vector<double>& given = given_numbers(key, {fallback}, {low, high, 1, 1});
    if (given.size() > 1) {
        fail(fmt::format("{} has {} values, it takes one", key.name, given.size()));
    }
    return given.empty() ? fallback : checked(key.name, given.front(), low, high);
}

int OpParams::integer(const Key& key, int fallback, int low, int high) {
    const double value = number(key, fallback, low, high);
    if (value != std::floor(value)) {
        fail(fmt::format("{} is {}, it must be a whole number", key.name, value));
    }
    return static_cast<int>(value);
}

bool OpParams::flag(const Key& key, bool fallback) {
    ParameterInfo info = info_of(key);
    info.kind = ParameterInfo::Kind::flag;
    info.numbers = {fallback ? 1.0 : 0.0};
    take(std::move(info));
    return integer(key, fallback ? 1 : 0, 0, 1) == 1;
}

Range OpParams::range(const Key& key, Range fallback, double low, double high) {
    const std::vector<double>& given = given_numbers(key, {fallback.low, fallback.high}, {low, high, 1, 2});
    if (given.empty()) {
        return fallback;
    }
    if (given.size() > 2) {
        fail(fmt::format("{} has {} values, it takes one or two", key.name, given.size()));
    }
    const Range range{checked(key.name, given.front(), low, high), checked(key.name, given.back(), low, high)};
    if (range.low > range.high) {
        fail(fmt::format("{} is [{}, {}], the first must not exceed the second", key.name, range.low, range.high));
    }
    return range;
}

std::vector<double> OpParams::list(const Key& key, const std::vector<double>& fallback, double low, double high) {
    constexpr std::size_t kMost = 32; // one a channel
    const std::vector<double>& given = given_numbers(key, fallback, {low, high, 1, kMost});
    for (const double value : given) {
        checked(key.name, value, low, high);
    }
    return given.empty() ? fallback : given;
}

std::vector<std::uint8_t> OpParams::levels(const Key& key, double fallback) {
    const std::vector<double> given = list(key, {fallback}, 0.0, 255.0);
    const auto channels = static_cast<std::size_t>(channels_);
    if (given.size() != 1 && given.size() != channels) {
        fail(fmt::format("{} has {} levels, it takes one, or one for each of {} channels", key.name, given.size(),
                         channels));
    }
    std::vector<std::uint8_t> levels(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        levels[c] = static_cast<std::uint8_t>(std::lround(given[c % given.size()]));
    }
    return levels;
}

std::string OpParams::word(const Key& key, const std::string& fallback, const std::vector<std::string>& allowed) {
    ParameterInfo info = info_of(key);
    info.kind = ParameterInfo::Kind::word;
    info.word = fallback;
    info.allowed = allowed;
    take(std::move(info));
    const auto found = spec_->words.find(std::string(key.name));
    if (found == spec_->words.end()) {
        return fallback;
    }
    if (std::find(allowed.begin(), allowed.end(), found->second) == allowed.end()) {
        fail(unknown_word(key.name, found->second, allowed));
    }
    return found->second;
}

void OpParams::require_all_used() const {
    std::vector<std::string> known;
    for (const ParameterInfo& parameter : taken_) {
        known.push_back(parameter.name);
    }
    const auto require = [&](const std::string& name, bool is_word) {
        const bool taken = std::any_of(taken_.begin(), taken_.end(), [&](const ParameterInfo& parameter) {
            return parameter.name == name && (parameter.kind == ParameterInfo::Kind::word) == is_word;
        });
        if (!taken) {
            fail(known.empty() ? fmt::format("unknown parameter '{}'; it takes none but p", name)
                               : unknown_word("parameter", name, known));
        }
    };
    for (const auto& given : spec_->params) {
        require(given.first, false);
    }
    for (const auto& given : spec_->words) {
        require(given.first, true);
    }
}

} // namespace tacit::augment
