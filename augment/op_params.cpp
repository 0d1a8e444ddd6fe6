// SPDX-License-Identifier: Apache-2.0
#include "augment/op_params.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

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

std::vector<double> OpParams::values(const std::string& name) {
    known_.push_back(name);
    const auto found = spec_->params.find(name);
    return found == spec_->params.end() ? std::vector<double>{} : found->second;
}

double OpParams::number(const std::string& name, double fallback, double low, double high) {
    const std::vector<double> given = values(name);
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
    return integer(name, fallback ? 1 : 0, 0, 1) == 1;
}

Range OpParams::range(const std::string& name, Range fallback, double low, double high) {
    const std::vector<double> given = values(name);
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

void OpParams::require_all_used() const {
    for (const auto& [name, unused] : spec_->params) {
        if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
            fail(known_.empty() ? fmt::format("unknown parameter '{}'; it takes none but p", name)
                                : unknown_word("parameter", name, known_));
        }
    }
}

} // namespace tacit::augment
