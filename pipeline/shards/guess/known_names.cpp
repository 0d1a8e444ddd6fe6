// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/guess/known_names.hpp"

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

/// What words of names say, the most telling first.
constexpr std::array<std::pair<std::string_view, ArrayRole>, 21> kRoles = {
    {{"labels", ArrayRole::labels},      {"label", ArrayRole::labels},    {"y", ArrayRole::labels},
     {"Y", ArrayRole::labels},           {"ans", ArrayRole::labels},      {"target", ArrayRole::labels},
     {"targets", ArrayRole::labels},     {"onehot", ArrayRole::labels},   {"cls", ArrayRole::labels},
     {"class", ArrayRole::classes},      {"classes", ArrayRole::classes}, {"category", ArrayRole::classes},
     {"categories", ArrayRole::classes}, {"x", ArrayRole::images},        {"image", ArrayRole::images},
     {"images", ArrayRole::images},      {"img", ArrayRole::images},      {"imgs", ArrayRole::images},
     {"data", ArrayRole::images},        {"arr", ArrayRole::images},      {"features", ArrayRole::images}}};

/// The names that `name` may have for a split; itself where there are none.
std::vector<std::string> of_split(std::string_view name, const std::string& split) {
    if (split.empty()) {
        return {std::string(name)};
    }
    return {fmt::format("{}/{}", split, name), fmt::format("{}_{}", split, name), fmt::format("{}_{}", name, split),
            fmt::format("{}_set_{}", split, name)};
}

/// The objects of a file among `names`, plain or of a split.
template <class Name>
std::vector<std::string> objects(hid_t file, const std::vector<Name>& names, const std::string& split) {
    std::vector<std::string> found;
    for (const Name& name : names) {
        for (std::string& written : of_split(name, split)) {
            if (h5::has_object(file, written)) {
                found.push_back(std::move(written));
            }
        }
    }
    return found;
}

std::vector<hsize_t> shape_in(hid_t group, const std::string& name) {
    const h5::Handle set(H5Dopen2(group, name.c_str(), H5P_DEFAULT));
    return set.valid() ? h5::dimensions(set.get()) : std::vector<hsize_t>();
}

/// A group with a usual name may hold no images itself, but data sets or groups of usual names: data/images and
/// data/labels. An array of four dimensions is no image, nor is one of as many rows as there are labels.
void look_inside(hid_t file, const std::vector<std::string_view>& usual, ForeignNames& names) {
    const h5::Handle group(H5Gopen2(file, names.images.c_str(), H5P_DEFAULT));
    const std::vector<std::string> images =
        group.valid() ? objects(group.get(), usual, "") : std::vector<std::string>();
    if (images.empty()) {
        return;
    }
    std::vector<std::string> labels = objects(group.get(), label_names(), "");
    const std::vector<hsize_t> rows = labels.empty() ? std::vector<hsize_t>() : shape_in(group.get(), labels.front());
    const std::vector<hsize_t> shape = shape_in(group.get(), images.front());
    const bool labelled = !rows.empty() && rows.size() <= 2 &&
                          (shape.empty() || std::find(shape.begin(), shape.end(), rows.front()) != shape.end());
    if (shape.size() > 3 || labelled) {
        const std::string before = names.images + "/";
        names.images = before + images.front();
        for (std::string& label : labels) {
            label.insert(0, before);
        }
        names.labels.insert(names.labels.begin(), labels.begin(), labels.end());
    }
}

/// Bytes outside of ASCII are parts of letters in UTF-8.
bool is_letter(char byte) {
    const auto letter = static_cast<unsigned char>(byte);
    return letter >= 0x80 || std::isalpha(letter) != 0;
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

ArrayRole role_of_name(const std::string& name) {
    const std::vector<std::string> words = words_of(name);
    for (const auto& [word, role] : kRoles) {
        if (std::find(words.begin(), words.end(), word) != words.end()) {
            return role;
        }
    }
    return ArrayRole::other;
}

const std::vector<std::string>& label_names() {
    static const std::vector<std::string> kNames = [] {
        std::vector<std::string> names;
        for (const auto& [word, role] : kRoles) {
            if (role != ArrayRole::images) {
                names.emplace_back(word);
            }
        }
        return names;
    }();
    return kNames;
}

const std::vector<std::string>& label_columns() {
    static const std::vector<std::string> kColumns = {"target", "label", "class", "y", "diagnosis"};
    return kColumns;
}

std::vector<std::string> label_stems(const std::string& stem) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kWords = {{{"images", "labels"},
                                                                                      {"imgs", "labels"},
                                                                                      {"image", "label"},
                                                                                      {"data", "labels"},
                                                                                      {"x", "y"},
                                                                                      {"X", "Y"},
                                                                                      {"X", "y"}}};
    std::vector<std::string> stems;
    for (const auto& [images, labels] : kWords) {
        for (std::size_t at = stem.find(images); at != std::string::npos; at = stem.find(images, at + 1)) {
            const std::size_t end = at + images.size();
            if ((at == 0 || !is_letter(stem[at - 1])) && (end == stem.size() || !is_letter(stem[end]))) {
                stems.push_back(std::string(stem).replace(at, images.size(), labels));
            }
        }
    }
    stems.insert(stems.end(), {stem + "_labels", stem + "_y"});
    return stems;
}

const std::vector<std::string>& offset_names() {
    static const std::vector<std::string> kNames = {"offsets", "offset", "starts"};
    return kNames;
}

bool may_list_labels(const std::string& name) {
    const ArrayRole role = role_of_name(name.substr(name.rfind('/') + 1)); // npos + 1: from the beginning
    return role == ArrayRole::labels || role == ArrayRole::classes;
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
    std::vector<std::string> found = objects(file, images, split);
    const bool plain = found.empty() && split == kUnnamedSplit;
    if (plain) {
        found = objects(file, images, "");
    }
    if (found.empty()) {
        return std::nullopt;
    }
    ForeignNames names{found.front(), "", objects(file, label_names(), plain ? "" : split)};
    look_inside(file, images, names);
    for (const KnownImages& known : known_images()) {
        names.axes = names.images.ends_with(known.name) && !known.axes.empty() ? known.axes : names.axes;
    }
    return names;
}

} // namespace tacit::shards
