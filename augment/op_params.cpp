// SPDX-License-Identifier: Apache-2.0
#include "augment/op_params.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace tacit::augment {

OpParams::OpParams(const OpSpec& spec, const std::string& where, int size, int channels)
    : spec_(&spec), where_(fmt::format("{}, {}", where, spec.name)), size_(size), channels_(channels) {
    checked("p", spec.p, 0.0, 1.0);
}

void OpParams::fail(const std::string& problem) const {
    throw ConfigError(where_ + ": " + problem);
}

double OpParams::checked(const std::string& name, double value, double low, double high) const {
    if (!(value >= low && value <= high)) {
        fail(fmt::format("{} is {}, it must be in [{}, {}]", name, value, low, high));
    }
    return value;
}

void OpParams::take(ParameterInfo parameter) {
    const auto same = [&](const ParameterInfo& taken) { return taken.name == parameter.name; };
    const auto found = std::find_if(taken_.begin(), taken_.end(), same);
    if (found == taken_.end()) {
        taken_.push_back(std::move(parameter));
    } else if (found->numbers.empty()) { // values() knows no default
        *found = std::move(parameter);
    }
}

const std::vector<double>& OpParams::given_numbers(ParameterInfo parameter) {
    static const std::vector<double> kNone;
    const auto found = spec_->params.find(parameter.name);
    take(std::move(parameter));
    return found == spec_->params.end() ? kNone : found->second;
}

std::vector<double> OpParams::values(const std::string& name) {
    return given_numbers({.name = name});
}

double OpParams::number(const std::string& name, double fallback, double low, double high) {
    const std::vector<double>& given = given_numbers({.name = name, .numbers = {fallback}});
    if (given.size() > 1) {
        fail(fmt::format("{} has {} values, it takes one", name, given.size()));
    }
    return given.empty() ? fallback : checked(name, given.front(), low, high);
}

int OpParams::integer(const std::string& name, int fallback, int low, int high) {
    const double value = number(name, fallback, low, high);
    if (value != std::floor(value)) {
        fail(fmt::format("{} is {}, it must be a whole number", name, value));
    }
    return static_cast<int>(value);
}

bool OpParams::flag(const std::string& name, bool fallback) {
    take({.name = name, .kind = ParameterInfo::Kind::flag, .numbers = {fallback ? 1.0 : 0.0}});
    return integer(name, fallback ? 1 : 0, 0, 1) == 1;
}

Range OpParams::range(const std::string& name, Range fallback, double low, double high) {
    const std::vector<double>& given = given_numbers({.name = name, .numbers = {fallback.low, fallback.high}});
    if (given.empty()) {
        return fallback;
    }
    if (given.size() > 2) {
        fail(fmt::format("{} has {} values, it takes one or two", name, given.size()));
    }
    const Range range{checked(name, given.front(), low, high), checked(name, given.back(), low, high)};
    if (range.low > range.high) {
        fail(fmt::format("{} is [{}, {}], the first must not exceed the second", name, range.low, range.high));
    }
    return range;
}

std::vector<double> OpParams::list(const std::string& name, const std::vector<double>& fallback, double low,
                                   double high) {
    const std::vector<double>& given = given_numbers({.name = name, .numbers = fallback});
    for (const double value : given) {
        checked(name, value, low, high);
    }
    return given.empty() ? fallback : given;
}

std::vector<std::uint8_t> OpParams::levels(const std::string& name, double fallback) {
    const std::vector<double> given = list(name, {fallback}, 0.0, 255.0);
    const auto channels = static_cast<std::size_t>(channels_);
    if (given.size() != 1 && given.size() != channels) {
        fail(fmt::format("{} has {} levels, it takes one, or one for each of {} channels", name, given.size(),
                         channels));
    }
    std::vector<std::uint8_t> levels(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        levels[c] = static_cast<std::uint8_t>(std::lround(given[c % given.size()]));
    }
    return levels;
}

std::string OpParams::word(const std::string& name, const std::string& fallback,
                           const std::vector<std::string>& allowed) {
    take({.name = name, .kind = ParameterInfo::Kind::word, .word = fallback, .allowed = allowed});
    const auto found = spec_->words.find(name);
    if (found == spec_->words.end()) {
        return fallback;
    }
    if (std::find(allowed.begin(), allowed.end(), found->second) == allowed.end()) {
        fail(unknown_word(name, found->second, allowed));
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
