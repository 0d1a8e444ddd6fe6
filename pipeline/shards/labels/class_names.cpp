// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/class_names.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/utf8.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace tacit::shards {
namespace {

bool is_number_of(const std::string& name, std::size_t place) {
    return name == std::to_string(place);
}

/// 0, 1, 2 and so on: most likely, no names were given.
bool has_no_names(const ClassNames& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!is_number_of(list[i], i)) {
            return false;
        }
    }
    return true;
}

/// Whether numbers may stand for the names in their places: not where a number is itself a name of another place.
bool takes_numbers(const ClassNames& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        const bool number = list[i].find_first_not_of("0123456789") == std::string::npos;
        if (number && !is_number_of(list[i], i)) {
            return false;
        }
    }
    return true;
}

/// Both lists in one where one begins with the other or has no names; nullopt where they differ.
std::optional<ClassNames> joined(const ClassNames& one, const ClassNames& other) {
    const ClassNames& longer = one.size() >= other.size() ? one : other;
    const ClassNames& shorter = one.size() >= other.size() ? other : one;
    if (std::equal(shorter.begin(), shorter.end(), longer.begin())) {
        return longer;
    }
    const bool unnamed = (has_no_names(one) && takes_numbers(other)) || (has_no_names(other) && takes_numbers(one));
    if (!unnamed) {
        return std::nullopt;
    }
    ClassNames all = longer;
    for (std::size_t i = 0; i < shorter.size(); ++i) {
        all[i] = is_number_of(longer[i], i) ? shorter[i] : longer[i];
    }
    return all;
}

} // namespace

std::string class_name(const std::string& bytes) {
    std::string text = utf8_of(bytes);
    const bool ascii = std::all_of(text.begin(), text.end(), [](char letter) { return (letter & 0x80) == 0; });
    if (ascii || text.find('\0') != std::string::npos) {
        return text;
    }
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> composed(
        utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str())), &std::free); // NOLINT: bytes are bytes
    return composed ? std::string(reinterpret_cast<const char*>(composed.get())) : text;    // NOLINT
}

ClassNames united(const ClassNames& one, const ClassNames& other) {
    if (auto all = joined(one, other)) {
        return std::move(*all);
    }
    std::set<std::string> all(one.begin(), one.end());
    all.insert(other.begin(), other.end());
    return {all.begin(), all.end()};
}

ClassNames continued(const ClassNames& first, const ClassNames& more) {
    if (auto all = joined(first, more)) {
        return std::move(*all);
    }
    const std::unordered_set<std::string> known(first.begin(), first.end());
    ClassNames all = first;
    std::copy_if(more.begin(), more.end(), std::back_inserter(all),
                 [&](const std::string& name) { return !known.contains(name); });
    return all;
}

void renumber(std::vector<std::int32_t>& labels, ClassNames& names, const ClassNames& to) {
    if (auto all = joined(names, to)) {
        names = std::move(*all);
        return;
    }
    std::unordered_map<std::string, std::int32_t> places;
    for (const std::string& name : to) {
        places.emplace(name, static_cast<std::int32_t>(places.size()));
    }
    std::vector<std::int32_t> numbers;
    for (const std::string& name : names) {
        const auto found = places.find(name);
        numbers.push_back(found == places.end() ? -1 : found->second);
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

std::vector<std::int64_t> images_of_classes(const std::vector<FileIndex>& files) {
    std::vector<std::int64_t> images;
    for (const FileIndex& file : files) {
        images.resize(std::max(images.size(), file.classes.size()), 0);
        for (const std::int32_t label : file.labels) {
            if (label >= 0) {
                ++images.at(static_cast<std::size_t>(label));
            }
        }
    }
    return images;
}

std::string sparse_classes(const std::vector<std::int64_t>& images, const ClassNames& classes) {
    constexpr std::size_t kLeastGap = 8;
    std::vector<std::size_t> used;
    std::int64_t all = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
        all += images[i];
        if (images[i] > 0) {
            used.push_back(i);
        }
    }
    const bool many = 2 * used.size() >= classes.size();
    const bool from_one = used.size() > 1 && many && images[0] == 0 && classes[0] == "0";
    if (!from_one && (used.size() < 2 || many || !has_no_names(classes))) {
        return {};
    }
    const std::string counts = fmt::format("{} classes, of which {} have images: ", classes.size(), used.size());
    if (from_one) {
        return counts + fmt::format("class numbers begin at {}, and class 0 is empty", used.front());
    }
    const std::size_t last = used.back();
    const bool stray = last - used[used.size() - 2] > std::max(kLeastGap, used.size());
    if (!stray && all < static_cast<std::int64_t>(classes.size())) { // a few images of many classes
        return {};
    }
    return counts + (stray ? fmt::format("label {} ({} image{}) is far from the others; if it means no label, write -1 "
                                         "in its place",
                                         last, images[last], images[last] == 1 ? "" : "s")
                           : std::string("class numbers run from 0 to the largest label"));
}

void check_counts(const std::vector<LabelledSet>& sets) {
    std::map<std::pair<bool, ClassNames>, const LabelledSet*> kinds; // one set of each; first those that count from 1
    for (const LabelledSet& set : sets) {
        const bool from_one = set.classes.size() > 1 && set.classes[0] == "0" &&
                              std::find(set.labels.begin(), set.labels.end(), 0) == set.labels.end();
        if (!has_no_names(set.classes) && (from_one || set.classes[0] != "0")) {
            kinds.emplace(std::pair(!from_one, set.classes), &set);
        }
    }
    for (const auto& [one, from_one] : kinds) {
        for (const auto& [other, from_zero] : kinds) {
            const std::size_t shared = std::min(one.second.size() - 1, other.second.size());
            if (!one.first && other.first &&
                std::equal(other.second.begin(), other.second.begin() + static_cast<std::ptrdiff_t>(shared),
                           one.second.begin() + 1)) {
                throw DataError(fmt::format("{}: the names of its classes ('{}' …) count from 0, in {} the same names "
                                            "count from 1 (no image is of class 0), so that one of them is likely "
                                            "wrong; write the labels of both as names, or with the same numbers",
                                            from_zero->where, other.second[0], from_one->where));
            }
        }
    }
}

void unite_classes(std::vector<FileIndex>& files) {
    ClassNames all;
    std::vector<LabelledSet> sets;
    for (const FileIndex& file : files) {
        sets.push_back({file.path, file.labels, file.classes});
        all = united(all, file.classes);
    }
    check_counts(sets);
    for (FileIndex& file : files) {
        try {
            renumber(file.labels, file.classes, all);
        } catch (const DataError& error) {
            throw DataError(fmt::format("{}: {}", file.path, error.what()));
        }
    }
}

} // namespace tacit::shards
