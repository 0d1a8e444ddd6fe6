// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/class_names.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tacit::shards {
namespace {

bool begins_with(const ClassNames& list, const ClassNames& beginning) {
    return beginning.size() <= list.size() && std::equal(beginning.begin(), beginning.end(), list.begin());
}

} // namespace

ClassNames united(const ClassNames& one, const ClassNames& other) {
    if (begins_with(one, other) || begins_with(other, one)) {
        return one.size() >= other.size() ? one : other;
    }
    std::set<std::string> all(one.begin(), one.end());
    all.insert(other.begin(), other.end());
    return {all.begin(), all.end()};
}

void renumber(std::vector<std::int32_t>& labels, ClassNames& names, const ClassNames& to) {
    if (begins_with(names, to)) {
        return;
    }
    if (begins_with(to, names)) {
        names = to;
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
