// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/known_names.hpp"

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tacit::shards {
namespace {

/// The names that `name` may have for a split; itself where there are none.
std::vector<std::string> of_split(std::string_view name, const std::string& split) {
    if (split.empty()) {
        return {std::string(name)};
    }
    return {fmt::format("{}/{}", split, name), fmt::format("{}_{}", split, name), fmt::format("{}_{}", name, split),
            fmt::format("{}_set_{}", split, name)};
}

/// The first object of a file among `names`, plain or of a split.
template <class Name> std::string first_object(hid_t file, const std::vector<Name>& names, const std::string& split) {
    for (const Name& name : names) {
        for (const std::string& written : of_split(name, split)) {
            if (h5::has_object(file, written)) {
                return written;
            }
        }
    }
    return {};
}

template <std::size_t Count> bool holds_one(const std::string& name, const std::array<const char*, Count>& words) {
    const std::string lower = lower_case(name);
    return std::any_of(words.begin(), words.end(),
                       [&](const char* word) { return lower.find(word) != std::string::npos; });
}

} // namespace

const std::vector<KnownImages>& known_images() {
    static const std::vector<KnownImages> kImages = {
        {"images", ""},
        {"image", ""},
        {"x", ""},
        {"X", ""},
        {"data", ""},
        {"imgs", ""},
        {"img", ""},
        {"bytes", ""},
        {"jpeg", ""},
        {"train_img", ""},
        {"ECAL", "NHWC"}, // calorimeters: cells along the beam are channels
        {"sen2", ""},     // So2Sat
        {"volumes/raw", "NHW"},
        {"reconstruction_rss", "NHW"}, // fastMRI
        {"climate/data", "HWC"},       // DeepCAM
        {"cjdata/image", "HW"},        // brain tumours of figshare
    };
    return kImages;
}

const std::vector<std::string>& label_names() {
    static const std::vector<std::string> kNames = {"labels", "label",   "y",     "Y",      "ans",
                                                    "target", "targets", "class", "classes"};
    return kNames;
}

const std::vector<std::string>& label_columns() {
    static const std::vector<std::string> kColumns = {"target", "label", "class", "y", "diagnosis"};
    return kColumns;
}

const std::vector<std::pair<std::string, std::string>>& label_file_words() {
    static const std::vector<std::pair<std::string, std::string>> kWords = {
        {"_x", "_y"}, {"-x", "-y"}, {"_X", "_Y"}, {"images", "labels"}, {"image", "label"}, {"imgs", "labels"}};
    return kWords;
}

const std::vector<std::string>& offset_names() {
    static const std::vector<std::string> kNames = {"offsets", "offset", "starts"};
    return kNames;
}

bool is_named_as_labels(const std::string& name) {
    constexpr std::array<const char*, 4> kWords = {"label", "class", "target", "categor"};
    const std::string last = lower_case(name.substr(name.rfind('/') + 1)); // npos + 1: from the beginning
    return last == "y" || last == "ans" || holds_one(name, kWords);
}

bool goes_with_images(const std::string& name) {
    constexpr std::array<const char*, 7> kWords = {"label", "mask", "target", "segm", "depth", "kspace", "instance"};
    return holds_one(name, kWords);
}

bool is_named_as_one_image(const std::string& name) {
    const std::string last = lower_case(name.substr(name.rfind('/') + 1)); // npos + 1: from the beginning
    return last == "image" || last == "img" || last == "photo";
}

bool is_named_as_scan(const std::string& name) {
    return name.find("datacube") != std::string::npos || name.find("4DSTEM") != std::string::npos ||
           name.starts_with("Experiments/");
}

std::optional<ForeignNames> guess_names(hid_t file, const std::string& split) {
    std::vector<std::string_view> images;
    for (const KnownImages& known : known_images()) {
        images.push_back(known.name);
    }
    ForeignNames names{first_object(file, images, split), "", first_object(file, label_names(), split)};
    if (names.images.empty() && split == kUnnamedSplit) {
        names = {first_object(file, images, ""), "", first_object(file, label_names(), "")};
    }
    for (const KnownImages& known : known_images()) {
        names.axes = names.images.ends_with(known.name) && !known.axes.empty() ? known.axes : names.axes;
    }
    return names.images.empty() ? std::nullopt : std::optional(names);
}

} // namespace tacit::shards
