// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/array_images.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/guess/axes_guess.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/guess/numbered_names.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

[[noreturn]] void bad_array(const NpyArray& array, const std::string& what) {
    throw DataError(fmt::format("{}: {} {}: {}", array.store->path(), array.name, array.text(), what));
}

Element element_of(const NpyArray& array) {
    constexpr std::array<std::pair<std::string_view, Element>, 7> kTypes = {{{"u1", Element::u8},
                                                                             {"b1", Element::u8},
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

/// As its file names it, if that holds nothing else.
std::string bare_name(const NpyArray& array) {
    return is_npy(array) ? std::filesystem::path(array.store->path()).stem().string() : array.name;
}

std::vector<std::uint64_t> extents_of(const NpyArray& array) {
    return {array.shape.begin(), array.shape.end()};
}

/// `labels`: how many there are; 0: none. `alone`: the array is one image of several arrays.
std::string axes_of(const NpyArray& array, const std::string& axes, std::uint64_t labels, bool alone) {
    if (!axes.empty()) {
        if (axes.size() != array.shape.size()) {
            bad_array(array,
                      fmt::format("--axes {} names {} axes, the array has {}", axes, axes.size(), array.shape.size()));
        }
        return axes;
    }
    if (alone) {
        return guess_one_image(extents_of(array));
    }
    if (array.shape.size() != 3 && array.shape.size() != 4) {
        bad_array(array, "images have 3 or 4 axes, such as (N, H, W) or (N, H, W, C)" + flat_advice(extents_of(array)));
    }
    const std::vector<std::uint64_t> rows =
        labels > 0 ? std::vector<std::uint64_t>{labels} : std::vector<std::uint64_t>();
    AxesGuess guess;
    try {
        guess = guess_axes(extents_of(array), {false, false, rows});
    } catch (const DataError& error) {
        bad_array(array, fmt::format("{} (--axes NHWC or --axes NCHW)", error.what()));
    }
    if (!guess.other.empty()) {
        bad_array(array, fmt::format("could be read as {}, or as {}; say which with --axes {} or --axes {}",
                                     reading_text(guess.letters, extents_of(array)),
                                     reading_text(guess.other, extents_of(array)), guess.letters, guess.other));
    }
    return guess.letters;
}

StoredImages stored(const NpyArray& array, const std::string& axes) {
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
    images.count = axes.find('N') == std::string::npos ? 1 : array.shape[axes.find('N')];
    images.element = element_of(array);
    images.big_endian = array.big_endian;
    images.offset = array.offset;
    images.store = array.store;
    images.sample_step = step('N') * array.value_bytes;
    images.row_step = step('H');
    images.column_step = step('W');
    images.channel_step = step('C');
    // Where images are not one behind the other, each of them is spread over the whole array.
    const bool in_turn = axes[0] == 'N' || axes.find('N') == std::string::npos;
    if (array.values() > 0 && in_turn && !array.fortran) {
        return images;
    }
    images.store = in_memory(array.store);
    return images;
}

/// Several arrays of images in the order of the numbers in their names.
void put_in_order(const std::string& split, std::vector<const NpyArray*>& images) {
    const std::string kind = without_numbers(images.front()->name, "#");
    for (const NpyArray* other : images) {
        if (without_numbers(other->name, "#") != kind) {
            throw DataError(fmt::format("{}: {} and {} could both be the images of split '{}'; leave one of them out",
                                        images.front()->store->path(), images.front()->name, other->name, split));
        }
    }
    std::sort(images.begin(), images.end(),
              [](const NpyArray* a, const NpyArray* b) { return natural_less(a->name, b->name); });
}

bool is_one_image(const NpyArray* array) {
    return !guess_one_image(extents_of(*array)).empty();
}

/// Whether several arrays (3, H, W) or (4, H, W) are so many gray images each, rather than one in channels. Throws
/// DataError where neither labels nor a name that speaks of one image tell.
bool are_stacks(const SplitArrays& split) {
    const NpyArray& first = *split.images.front();
    const bool planes = guess_one_image(extents_of(first)).starts_with('C') && first.shape[0] > 1;
    const std::vector<std::string> words = words_of(without_numbers(bare_name(first), ""));
    if (!planes || std::any_of(words.begin(), words.end(), is_named_as_one_image)) {
        return false;
    }
    const auto count = static_cast<std::int64_t>(split.images.size());
    std::int64_t stacked = 0;
    for (const NpyArray* array : split.images) {
        stacked += array->shape[0];
    }
    const auto labelled = [&](std::int64_t rows) {
        return std::any_of(split.labels.begin(), split.labels.end(),
                           [&](const NpyArray* labels) { return !labels->shape.empty() && labels->shape[0] == rows; });
    };
    if (labelled(stacked) != labelled(count)) {
        return labelled(stacked);
    }
    bad_array(first, fmt::format("could be read as {} gray images of {} x {}, or as one image in {} channels, and "
                                 "so could the other {} arrays; say which with --axes NHW or --axes CHW",
                                 first.shape[0], first.shape[1], first.shape[2], first.shape[0], count - 1));
}

/// A label for each array says that they are images.
void check_rows(const SplitArrays& split) {
    const NpyArray& first = *split.images.front();
    const std::size_t others = split.images.size() - 1;
    const bool labelled = std::any_of(split.labels.begin(), split.labels.end(), [&](const NpyArray* labels) {
        return !labels->shape.empty() && labels->shape[0] == static_cast<std::int64_t>(others + 1);
    });
    if (!labelled && may_be_rows(extents_of(first), element_of(first), bare_name(first))) {
        bad_array(first, fmt::format("rows of features, or one gray image of {} x {}; if it is an image, as the "
                                     "other {} arrays, say --axes HW",
                                     first.shape[0], first.shape[1], others));
    }
}

/// Labels of one array of images: how many there are; 0: none.
std::uint64_t rows_of_labels(const SplitArrays& split) {
    const auto labels = std::find_if(split.labels.begin(), split.labels.end(), [](const NpyArray* array) {
        const bool text = array->kind == 'U' || array->kind == 'S';
        return !array->shape.empty() && !(text && role_of_name(array->name) == ArrayRole::classes);
    });
    return split.images.size() == 1 && labels != split.labels.end() ? static_cast<std::uint64_t>((*labels)->shape[0])
                                                                    : 0;
}

} // namespace

bool is_npy(const NpyArray& array) {
    return array.store->path().ends_with("npy");
}

std::vector<StoredImages> images_of(const std::string& split, SplitArrays& arrays, const std::string& axes) {
    put_in_order(split, arrays.images);
    const bool alone = axes.empty() && arrays.images.size() > 1 &&
                       std::all_of(arrays.images.begin(), arrays.images.end(), is_one_image) && !are_stacks(arrays);
    if (alone) {
        check_rows(arrays);
    }
    const std::uint64_t rows = rows_of_labels(arrays);
    std::vector<StoredImages> parts;
    for (const NpyArray* array : arrays.images) {
        parts.push_back(stored(*array, axes_of(*array, axes, rows, alone)));
        parts.back().name = is_npy(*array) ? "" : array->name;
    }
    return parts;
}

} // namespace tacit::shards
