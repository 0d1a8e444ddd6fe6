// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/listed_classes.hpp"

#include "pipeline/base/words.hpp"
#include "pipeline/shards/labels/class_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace tacit::shards {
namespace {

/// nullptr: none fits.
template <class Fits> const ClassList* first_that(const std::vector<ClassList>& lists, Fits fits) {
    const auto found = std::find_if(lists.begin(), lists.end(), fits);
    return found == lists.end() ? nullptr : &*found;
}

bool fits(const ClassList& list, std::size_t classes, bool known) {
    return known ? list.known && list.texts.size() >= classes : list.texts.size() == classes;
}

/// One of known lists, or else one of as many names.
const ClassList* list_for(std::size_t classes, const std::vector<ClassList>& lists) {
    const ClassList* known = first_that(lists, [&](const auto& list) { return fits(list, classes, true); });
    return known != nullptr ? known : first_that(lists, [&](const auto& list) { return fits(list, classes, false); });
}

/// One that fits as well and names the classes otherwise.
const ClassList* rival_of(const ClassList& list, std::size_t classes, const std::vector<ClassList>& lists) {
    return first_that(lists, [&](const auto& other) {
        return other.level == list.level && other.known == list.known && fits(other, classes, list.known) &&
               !std::equal(other.texts.begin(), other.texts.begin() + static_cast<std::ptrdiff_t>(classes),
                           list.texts.begin());
    });
}

/// One that is meant for classes, though not for as many.
const ClassList* list_nearly_for(std::size_t classes, const std::vector<ClassList>& lists) {
    return first_that(lists, [&](const auto& list) {
        const std::size_t names = list.texts.size();
        return classes > 1 && names > 1 && (list.known || names + 1 == classes || names == classes + 1);
    });
}

std::string text_of(const ClassList& list) {
    return fmt::format("the {} names of classes in '{}' ('{}' …)", list.texts.size(), list.name,
                       one_line(list.texts.front(), 40));
}

} // namespace

void name_classes(Labels& labels, const std::vector<ClassList>& lists, bool from_zero, const std::string& where) {
    const std::size_t count = labels.classes.size();
    const bool open =
        !from_zero && count > 1 && std::find(labels.values.begin(), labels.values.end(), 0) == labels.values.end();
    const ClassList* list = list_for(count, lists);
    if (list != nullptr && open) {
        labels.note = fmt::format("{}: {} count from 0 or from 1, as no image is of class 0 and none of class {}: "
                                  "classes keep their numbers; to name them, write the labels as an enumeration or as "
                                  "names",
                                  where, text_of(*list), list->texts.size());
        return;
    }
    const bool from_one = list == nullptr && open && count > 2;
    list = from_one ? list_for(count - 1, lists) : list;
    if (list != nullptr) {
        const ClassList* rival = rival_of(*list, from_one ? count - 1 : count, lists);
        labels.note = rival == nullptr
                          ? ""
                          : fmt::format("{}: classes have {}, and not {}", where, text_of(*list), text_of(*rival));
        labels.classes.assign(from_one ? 1 : 0, "0");
        std::transform(list->texts.begin(), list->texts.end(), std::back_inserter(labels.classes), class_name);
    } else if ((list = list_nearly_for(count, lists)) != nullptr) {
        labels.note = fmt::format("{}: {} are not those of labels up to {}, which are {} classes: classes keep their "
                                  "numbers; write a name for each class, or the labels as names",
                                  where, text_of(*list), count - 1, count);
    }
}

} // namespace tacit::shards
