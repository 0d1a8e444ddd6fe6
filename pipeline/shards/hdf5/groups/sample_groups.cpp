// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/groups/sample_groups.hpp"

#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/groups/group_links.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/read/extents.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

namespace tacit::shards::h5 {
namespace {

constexpr const char* kStep = "*/";

std::string last_step(const std::string& name) {
    return name.substr(name.rfind('/') + 1); // npos + 1: from the beginning
}

/// The data sets of a group, in the order of their names.
using Members = std::vector<const ListedSet*>;

/// The one member of a group that is an image; "": none is, or several are.
std::string image_among(const Members& members) {
    std::vector<std::string> images;
    for (const ListedSet* set : members) {
        std::string name = last_step(set->name);
        const bool image = !set->lone.empty() || set->byte_list || set->kind == Shape::encoded;
        if (image && !goes_with_images(name) && !may_list_labels(name)) {
            images.push_back(std::move(name));
        }
    }
    if (images.size() > 1) {
        std::erase_if(images, [](const std::string& name) { return !is_named_as_one_image(name); });
    }
    return images.size() == 1 ? images.front() : std::string();
}

/// The first group, below `group`, that holds `member`, of which "*/" stands for groups; "": none does.
std::string first_sample(hid_t group, const std::string& member) {
    for (const Link& link : links_of(group, "").links) {
        if (!member.starts_with(kStep)) {
            if (has_object(group, link.name + "/" + member)) {
                return link.name;
            }
            continue;
        }
        const Handle inner(H5Gopen2(group, link.name.c_str(), H5P_DEFAULT));
        const std::string below = inner.valid() ? first_sample(inner.get(), member.substr(2)) : std::string();
        if (!below.empty()) {
            return link.name + "/" + below;
        }
    }
    return {};
}

bool is_one_text(hid_t group, const std::string& name) {
    const Handle set(may_be_opened(group, name) ? H5Oopen(group, name.c_str(), H5P_DEFAULT) : H5I_INVALID_HID);
    const Handle type(H5Iget_type(set.get()) == H5I_DATASET ? H5Dget_type(set.get()) : H5I_INVALID_HID);
    return type.valid() && H5Tget_class(type.get()) == H5T_STRING && capped_product(dimensions(set.get())) == 1;
}

} // namespace

std::optional<SamplePattern> sample_pattern(const std::string& name) {
    const std::size_t star = name.starts_with(kStep) ? 0 : name.find(std::string("/") + kStep);
    if (star == std::string::npos) {
        return std::nullopt;
    }
    return SamplePattern{star == 0 ? "/" : name.substr(0, star), name.substr(name.find(kStep, star) + 2)};
}

std::string sample_parent(const std::string& name) {
    const auto pattern = sample_pattern(name);
    return pattern ? pattern->group : name;
}

bool in_sample(const std::string& name, const std::string& pattern) {
    const auto samples = sample_pattern(pattern);
    const bool inside = samples && (samples->group == "/" || name.starts_with(samples->group + "/"));
    return inside && std::count(name.begin(), name.end(), '/') == std::count(pattern.begin(), pattern.end(), '/');
}

std::vector<std::string> sample_groups(const std::vector<ListedSet>& sets) {
    std::map<std::string, Members> groups;
    for (const ListedSet& set : sets) {
        if (const std::size_t slash = set.name.rfind('/'); slash != std::string::npos) {
            groups[set.name.substr(0, slash)].push_back(&set);
        }
    }
    std::map<std::string, std::vector<const Members*>> parents;
    for (const auto& [name, members] : groups) {
        const std::size_t slash = name.rfind('/');
        parents[slash == std::string::npos ? "" : name.substr(0, slash)].push_back(&members);
    }
    std::vector<std::string> found;
    for (const auto& [name, samples] : parents) {
        std::map<std::string, std::size_t> images;
        for (const Members* sample : samples) {
            if (sample->size() > 1) { // one image alone may be of a class
                ++images[image_among(*sample)];
            }
        }
        const auto most = std::max_element(images.begin(), images.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; });
        if (most != images.end() && !most->first.empty() && most->second > 1 && 2 * most->second > samples.size()) {
            found.push_back((name.empty() ? "" : name + "/") + kStep + most->first);
        }
    }
    return found;
}

std::string samples_in(hid_t file, const std::string& group) {
    constexpr hsize_t kTried = 8; // lists and the like may stand before the first sample
    const Handle parent(H5Gopen2(file, group.c_str(), H5P_DEFAULT));
    bool any = false;
    for (hsize_t i = 0; parent.valid() && !any && i < kTried; ++i) {
        std::array<char, 1024> name{};
        const bool known = H5Lget_name_by_idx(parent.get(), ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(),
                                              name.size(), H5P_DEFAULT) > 0;
        any = Handle(known ? H5Gopen2(parent.get(), name.data(), H5P_DEFAULT) : H5I_INVALID_HID).valid();
    }
    for (const std::string& one : any ? sample_groups(list_datasets(file)) : std::vector<std::string>()) {
        if (sample_parent(one) == group) {
            return one;
        }
    }
    return {};
}

std::vector<std::string> labels_of_samples(hid_t file, const std::string& images) {
    const auto pattern = sample_pattern(images);
    const Handle group(pattern ? H5Gopen2(file, pattern->group.c_str(), H5P_DEFAULT) : H5I_INVALID_HID);
    const std::string first = group.valid() ? first_sample(group.get(), pattern->member) : std::string();
    const Handle sample(first.empty() ? H5I_INVALID_HID : H5Gopen2(group.get(), first.c_str(), H5P_DEFAULT));
    if (!sample.valid()) {
        return {};
    }
    std::vector<std::string> names;
    std::copy_if(label_names().begin(), label_names().end(), std::back_inserter(names),
                 [&](const std::string& name) { return has_object(sample.get(), name); });
    for (const Link& link : links_of(sample.get(), "").links) {
        const bool known = std::find(names.begin(), names.end(), link.name) != names.end();
        if (!known && link.name != last_step(images) &&
            (may_list_labels(link.name) || is_one_text(sample.get(), link.name))) {
            names.push_back(link.name);
        }
    }
    for (std::string& name : names) {
        name.insert(0, images, 0, images.rfind('/') + 1);
    }
    return names;
}

} // namespace tacit::shards::h5
