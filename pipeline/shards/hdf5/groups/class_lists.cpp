// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/groups/class_lists.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/groups/cells.hpp"
#include "pipeline/shards/hdf5/groups/group_links.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"
#include "pipeline/shards/hdf5/whole_data.hpp"
#include "pipeline/shards/read/extents.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <set>

namespace tacit::shards::h5 {
namespace {

constexpr std::array<const char*, 4> kLists = {"class_names", "classes", "label_names", "categories"};
constexpr long long kMaxValue = 1 << 20;
constexpr std::size_t kMostNames = 1 << 16; ///< of a data set

std::string member_name(hid_t type, unsigned member) {
    char* text = H5Tget_member_name(type, member);
    std::string name = text == nullptr ? "" : text;
    H5free_memory(text);
    return name;
}

bool differ(const std::vector<std::string>& texts) {
    return std::set<std::string>(texts.begin(), texts.end()).size() == texts.size();
}

/// The texts of an attribute; none where it holds something else.
std::vector<std::string> texts_in(hid_t object, const std::string& name) {
    try {
        return has_attribute(object, name, "") ? text_attribute(object, name, "") : std::vector<std::string>();
    } catch (const DataError&) { // numbers, perhaps
        return {};
    }
}

/// The group that holds an object, and the root.
std::array<Handle, 2> groups_above(hid_t dataset) {
    const std::string name = name_of(dataset);
    const std::string group = name.substr(0, name.rfind('/') + 1); // npos + 1: none
    const Handle file(H5Iget_file_id(dataset));
    return {Handle(H5Gopen2(file.get(), group.empty() ? "/" : group.c_str(), H5P_DEFAULT)),
            Handle(H5Gopen2(file.get(), "/", H5P_DEFAULT))};
}

/// Whether a name may be that of a list of classes: label_names, list_classes, category_names, ….
bool may_list_classes(const std::string& name) {
    constexpr std::array<const char*, 4> kWords = {"class", "categor", "label", "name"};
    return std::any_of(kWords.begin(), kWords.end(),
                       [lower = lower_case(name)](const char* word) { return lower.find(word) != std::string::npos; });
}

std::vector<std::string> whole_numbers(hid_t dataset, const std::string& name) {
    std::vector<std::string> texts;
    for (const long long number : read_values<long long>(dataset, H5T_NATIVE_LLONG, name)) {
        texts.push_back(std::to_string(number));
    }
    return texts;
}

/// The texts of a data set, a cell array among them, or its whole `numbers`; none where it holds something else, or
/// more than `most`.
std::vector<std::string> texts_of(hid_t group, const std::string& name, std::size_t most, bool numbers = false) {
    try {
        const Handle set(may_be_opened(group, name) ? H5Oopen(group, name.c_str(), H5P_DEFAULT) : H5I_INVALID_HID);
        if (!set.valid() || H5Iget_type(set.get()) != H5I_DATASET) {
            return {};
        }
        const Handle type(H5Dget_type(set.get()));
        if (capped_product(dimensions(set.get())) > most) {
            return {};
        }
        if (numbers && H5Tget_class(type.get()) == H5T_INTEGER) {
            return whole_numbers(set.get(), name);
        }
        return H5Tget_class(type.get()) == H5T_STRING      ? read_texts(set.get(), name)
               : H5Tget_class(type.get()) == H5T_REFERENCE ? cell_texts(set.get())
                                                           : std::vector<std::string>();
    } catch (const Error&) { // damaged, or cells of something else
        return {};
    }
}

} // namespace

std::vector<std::string> member_names(hid_t type) {
    if (H5Tget_class(type) != H5T_ENUM || is_truth(type)) {
        return {};
    }
    std::vector<std::string> names;
    for (int i = 0; i < H5Tget_nmembers(type); ++i) {
        std::array<unsigned char, 16> bytes{}; // as check_type() allows
        if (H5Tget_member_value(type, static_cast<unsigned>(i), bytes.data()) < 0) {
            return {};
        }
        const Handle base(H5Tget_super(type));
        if (H5Tconvert(base.get(), H5T_NATIVE_LLONG, 1, bytes.data(), nullptr, H5P_DEFAULT) < 0) {
            return {};
        }
        long long value = 0;
        std::memcpy(&value, bytes.data(), sizeof(value));
        if (value < -1 || value >= kMaxValue) {
            return {};
        }
        for (auto number = static_cast<long long>(names.size()); number <= value; ++number) {
            names.push_back(std::to_string(number));
        }
        if (value >= 0) {
            names[static_cast<std::size_t>(value)] = member_name(type, static_cast<unsigned>(i));
        }
    }
    return names;
}

std::vector<ClassList> class_lists(hid_t labels, std::size_t images) {
    std::array<Handle, 2> groups = groups_above(labels);
    if (H5Iget_type(labels) == H5I_GROUP) {
        groups[0] = Handle(H5Oopen(labels, ".", H5P_DEFAULT));
    }
    std::vector<ClassList> lists;
    const auto add = [&](const std::string& name, std::vector<std::string> texts, std::size_t level) {
        const bool known = std::find(kLists.begin(), kLists.end(), name) != kLists.end();
        if (!texts.empty() && differ(texts) && (known || texts.size() != images)) {
            lists.push_back({name, std::move(texts), known, level});
        }
    };
    std::size_t level = 0;
    for (const hid_t object : {labels, groups[0].get(), groups[1].get()}) {
        for (const std::string& name : attribute_names(object)) {
            add(name, may_list_classes(name) ? texts_in(object, name) : std::vector<std::string>(), level);
        }
        ++level;
    }
    level = 1;
    for (const Handle& group : groups) {
        for (const Link& link : links_of(group.get(), "").links) {
            const bool may_be = link.hard && may_list_classes(link.name);
            add(link.name, may_be ? texts_of(group.get(), link.name, kMostNames) : std::vector<std::string>(), level);
        }
        ++level;
    }
    return lists;
}

std::vector<ClassList> rows_of_texts(hid_t group, std::size_t rows) {
    std::vector<ClassList> lists;
    for (const Handle& above : groups_above(group)) {
        for (const Link& link : links_of(above.get(), "").links) {
            std::vector<std::string> texts = link.hard
                                                 ? texts_of(above.get(), link.name, rows, !may_list_labels(link.name))
                                                 : std::vector<std::string>();
            if (texts.size() == rows && differ(texts)) {
                lists.push_back({link.name, std::move(texts), false});
            }
        }
    }
    return lists;
}

std::vector<std::string> fields_of(hid_t type) {
    std::vector<std::string> names(static_cast<std::size_t>(std::max(H5Tget_nmembers(type), 0)));
    for (std::size_t i = 0; i < names.size(); ++i) {
        names[i] = member_name(type, static_cast<unsigned>(i));
    }
    return names;
}

std::string field_names(hid_t type) {
    constexpr std::size_t kMost = 8;
    std::vector<std::string> names = fields_of(type);
    const char* more = names.size() > kMost ? ", …" : "";
    names.resize(std::min(names.size(), kMost));
    return fmt::format("'{}'{}", fmt::join(names, "', '"), more);
}

} // namespace tacit::shards::h5
