// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/class_names.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace tacit::shards {
namespace {

/// Both lists in one; nullopt where a place has two names.
std::optional<ClassNames> joined(const ClassNames& one, const ClassNames& other) {
    ClassNames all = one.size() >= other.size() ? one : other;
    for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i) {
        const std::string number = std::to_string(i);
        if (one[i] != other[i] && one[i] != number && other[i] != number) {
            return std::nullopt;
        }
        all[i] = one[i] == number ? other[i] : one[i];
    }
    return all;
}

} // namespace

ClassNames united(const ClassNames& one, const ClassNames& other) {
    if (auto all = joined(one, other)) {
        return std::move(*all);
    }
    std::set<std::string> all(one.begin(), one.end());
    all.insert(other.begin(), other.end());
    return {all.begin(), all.end()};
}

void renumber(std::vector<std::int32_t>& labels, ClassNames& names, const ClassNames& to) {
    if (auto all = joined(names, to)) {
        names = std::move(*all);
        return;
    }
    std::vector<std::int32_t> numbers;
    for (const std::string& name : names) {
        const auto found = std::find(to.begin(), to.end(), name);
        numbers.push_back(found == to.end() ? -1 : static_cast<std::int32_t>(found - to.begin()));
    }
    for (std::int32_t& label : labels) {
        if (label < 0) {
            continue;
        }
        const auto place = static_cast<std::size_t>(label);
        if (place >= numbers.size() || numbers[place] < 0) {
            throw DataError(
                place < names.size()
                    ? fmt::format("has the class '{}', which is none of the {} of the training split; leave its images "
                                  "out or train with it",
                                  names[place], to.size())
                    : fmt::format("has the label {}, which is none of the {} names of its classes", label,
                                  names.size()));
        }
        label = numbers[place];
    }
    names = to;
}

void unite_classes(std::vector<FileIndex>& files) {
    ClassNames all;
    for (const FileIndex& file : files) {
        all = united(all, file.classes);
    }
    for (FileIndex& file : files) {
        try {
            renumber(file.labels, file.classes, all);
        } catch (const DataError& error) {
            throw DataError(fmt::format("{}: {}", file.path, error.what()));
        }
    }
}

} // namespace tacit::shards
