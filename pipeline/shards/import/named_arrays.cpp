// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/named_arrays.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace tacit::shards {
namespace {

/// "arr_1" may be anything: there the shape decides.
ArrayRole role_of(const NpyArray& array) {
    const ArrayRole role = role_of_name(array.name);
    if (role != ArrayRole::images || array.shape.size() == 3 || array.shape.size() == 4) {
        return role;
    }
    return array.name.starts_with("arr") && array.shape.size() == 1 ? ArrayRole::labels : ArrayRole::other;
}

[[noreturn]] void bad_array(const NpyArray& array, const std::string& what) {
    throw DataError(fmt::format("{}: {} {}: {}", array.store->path(), array.name, array.text(), what));
}

Element element_of(const NpyArray& array) {
    constexpr std::array<std::pair<std::string_view, Element>, 6> kTypes = {{{"u1", Element::u8},
                                                                             {"u2", Element::u16},
                                                                             {"i2", Element::i16},
                                                                             {"f2", Element::f16},
                                                                             {"f4", Element::f32},
                                                                             {"f8", Element::f64}}};
    const std::string type = fmt::format("{}{}", array.kind, array.value_bytes);
    for (const auto& [name, element] : kTypes) {
        if (name == type) {
            return element;
        }
    }
    bad_array(array, "images are of type u1, u2, i2, f2, f4 or f8; convert the array with astype()");
}

std::string axes_of(const NpyArray& array, const std::string& axes) {
    if (!axes.empty()) {
        if (axes.size() != array.shape.size()) {
            bad_array(array,
                      fmt::format("--axes {} names {} axes, the array has {}", axes, axes.size(), array.shape.size()));
        }
        return axes;
    }
    if (array.shape.size() == 3) {
        return "NHW";
    }
    const auto counts_channels = [](std::int64_t dim) { return dim == 1 || dim == 3 || dim == 4; };
    const bool last = counts_channels(array.shape[3]);
    const bool second = counts_channels(array.shape[1]);
    if (last == second) {
        bad_array(array, last ? "either axis could be the channels; say which with --axes NHWC or --axes NCHW"
                              : "no axis has 1, 3 or 4 channels; say which one it is with --axes NHWC or --axes NCHW");
    }
    return last ? "NHWC" : "NCHW";
}

StoredImages images_of(const NpyArray& array, const std::string& given_axes) {
    const std::string axes = axes_of(array, given_axes);
    const std::vector<std::uint64_t> steps = array.steps();
    StoredImages images;
    const auto extent = [&](char axis) {
        const std::size_t at = axes.find(axis);
        return at == std::string::npos ? 1 : static_cast<int>(std::min<std::int64_t>(array.shape[at], 1 << 30));
    };
    const auto step = [&](char axis) {
        const std::size_t at = axes.find(axis);
        return at == std::string::npos ? std::uint64_t{1} : steps[at];
    };
    images.shape = {extent('H'), extent('W'), extent('C')};
    images.count = array.shape[axes.find('N')];
    images.element = element_of(array);
    images.big_endian = array.big_endian;
    images.offset = array.offset;
    images.store = array.store;
    images.sample_step = step('N') * array.value_bytes;
    images.row_step = step('H');
    images.column_step = step('W');
    images.channel_step = step('C');
    // Where images are not one behind the other, each of them is spread over the whole array.
    if (array.values() > 0 && axes[0] == 'N' && !array.fortran) {
        return images;
    }
    images.store = in_memory(array.store);
    return images;
}

struct Pair {
    const NpyArray* images = nullptr;
    const NpyArray* labels = nullptr;
};

void take(const NpyArray*& place, const NpyArray& array, const std::string& split, const char* what) {
    if (place != nullptr) {
        throw DataError(fmt::format("{}: {} and {} could both be the {} of split '{}'; leave one of them out",
                                    array.store->path(), place->name, array.name, what, split));
    }
    place = &array;
}

} // namespace

ArrayRole role_of_name(const std::string& name) {
    constexpr std::array<std::string_view, 8> kImages = {"x",    "image", "images", "img",
                                                         "imgs", "data",  "arr",    "features"};
    constexpr std::array<std::string_view, 6> kLabels = {"y", "label", "labels", "target", "targets", "cls"};
    const auto any_of = [words = words_of(name)](const auto& known) {
        return std::find_first_of(words.begin(), words.end(), known.begin(), known.end()) != words.end();
    };
    // "train_data_labels" holds labels.
    return any_of(kLabels) ? ArrayRole::labels : any_of(kImages) ? ArrayRole::images : ArrayRole::other;
}

void check_axes(const std::string& axes) {
    std::string sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    if (!axes.empty() && sorted != "CHNW" && sorted != "HNW") {
        throw ConfigError(
            fmt::format("--axes {}: each of N, H, W and, if there are channels, C stands once, as in NHWC", axes));
    }
}

std::unique_ptr<ArraySource> source_of_arrays(const std::string& kind, const std::vector<NpyArray>& arrays,
                                              const std::string& axes) {
    std::map<std::string, Pair> splits;
    auto source = std::make_unique<ArraySource>(kind);
    for (const NpyArray& array : arrays) {
        const std::string named = split_in_name(array.name);
        const std::string split = named.empty() ? "train" : named;
        const ArrayRole role = arrays.size() == 1 ? ArrayRole::images : role_of(array);
        if (role == ArrayRole::images) {
            take(splits[split].images, array, split, "images");
        } else if (role == ArrayRole::labels) {
            take(splits[split].labels, array, split, "labels");
        } else {
            source->leave_out(array.name);
        }
    }
    for (const auto& [split, pair] : splits) {
        if (pair.images == nullptr) {
            throw DataError(fmt::format("{}: {} holds labels for split '{}', but there is no array of its images",
                                        pair.labels->store->path(), pair.labels->name, split));
        }
        if (pair.images->shape.size() != 3 && pair.images->shape.size() != 4) {
            bad_array(*pair.images, "images have 3 or 4 axes, such as (N, H, W) or (N, H, W, C)");
        }
        if (pair.labels != nullptr) {
            source->note_file(pair.labels->store->path());
        }
        source->add(split, images_of(*pair.images, axes),
                    pair.labels == nullptr ? std::vector<std::int32_t>() : class_labels(*pair.labels));
    }
    return source->empty() ? nullptr : std::move(source);
}

} // namespace tacit::shards
