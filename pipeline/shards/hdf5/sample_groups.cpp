// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/sample_groups.hpp"

#include "pipeline/shards/hdf5/group_links.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/known_names.hpp"

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

/// "samples/*/image" of "samples/s0/image"; "": it is in no group.
std::string pattern_of(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos || slash == 0) {
        return {};
    }
    return name.substr(0, name.rfind('/', slash - 1) + 1) + "*" + name.substr(slash); // npos + 1: nothing
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
    const std::string own = pattern_of(name);
    return !own.empty() && sample_parent(own) == sample_parent(pattern);
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
    const Handle parent(H5Gopen2(file, group.c_str(), H5P_DEFAULT));
    std::array<char, 1024> name{};
    const bool any = parent.valid() && H5Lget_name_by_idx(parent.get(), ".", H5_INDEX_NAME, H5_ITER_INC, 0, name.data(),
                                                          name.size(), H5P_DEFAULT) > 0;
    const Handle first(any ? H5Gopen2(parent.get(), name.data(), H5P_DEFAULT) : H5I_INVALID_HID);
    for (const std::string& one : first.valid() ? sample_groups(list_datasets(file)) : std::vector<std::string>()) {
        if (sample_parent(one) == group) {
            return one;
        }
    }
    return {};
}

std::vector<std::string> labels_of_samples(hid_t file, const std::string& images) {
    const auto pattern = sample_pattern(images);
    const Handle group(pattern ? H5Gopen2(file, pattern->group.c_str(), H5P_DEFAULT) : H5I_INVALID_HID);
    const std::vector<Link> links = group.valid() ? links_of(group.get(), "").links : std::vector<Link>();
    const auto first = std::find_if(links.begin(), links.end(), [&](const Link& link) {
        return has_object(group.get(), link.name + "/" + pattern->member);
    });
    std::vector<std::string> found;
    for (const std::string& name : label_names()) {
        if (first != links.end() && has_object(group.get(), first->name + "/" + name)) {
            found.push_back((pattern->group == "/" ? "" : pattern->group + "/") + kStep + name);
        }
    }
    return found;
}

} // namespace tacit::shards::h5
