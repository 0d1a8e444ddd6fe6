// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/listed_classes.hpp"

#include "pipeline/base/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace tacit::shards {
namespace {

/// nullptr: none fits.
template <class Fits> const ClassList* first_that(const std::vector<ClassList>& lists, Fits fits) {
    const auto found = std::find_if(lists.begin(), lists.end(), fits);
    return found == lists.end() ? nullptr : &*found;
}

const ClassList* list_for(std::size_t classes, const std::vector<ClassList>& lists) {
    const ClassList* known =
        first_that(lists, [&](const auto& list) { return list.known && list.texts.size() >= classes; });
    return known != nullptr ? known : first_that(lists, [&](const auto& list) { return list.texts.size() == classes; });
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
    if (list == nullptr && open && count > 2 && (list = list_for(count - 1, lists)) != nullptr) {
        labels.classes = list->texts;
        labels.classes.insert(labels.classes.begin(), "0");
    } else if (list != nullptr) {
        labels.classes = list->texts;
    } else if ((list = list_nearly_for(count, lists)) != nullptr) {
        labels.note = fmt::format("{}: {} are not those of labels up to {}, which are {} classes: classes keep their "
                                  "numbers; write a name for each class, or the labels as names",
                                  where, text_of(*list), count - 1, count);
    }
}

} // namespace tacit::shards
