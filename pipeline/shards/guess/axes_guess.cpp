// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/guess/axes_guess.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/format/format.hpp"
#include "pipeline/shards/guess/mask_names.hpp"
#include "pipeline/shards/guess/numbered_names.hpp"
#include "pipeline/shards/read/axes.hpp"
#include "pipeline/shards/splits/split_names.hpp"
#include "pipeline/shards/statistics/value_range.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace tacit::shards {
namespace {

using Shape = std::vector<std::uint64_t>;

constexpr std::uint64_t kLongSide = 8; ///< times the short one: no usual image

/// An order of axes, and what speaks for it before the shape is looked at.
struct Order {
    const char* letters;
    int score;
};

// Points are weighed in score_of(): what labels count outweighs all else, then come channels, then squares.
constexpr int kSure = 2; ///< points between a reading and the next likely one, so that this needs no word
constexpr int kOdd = -5; ///< points of orders that only labels tell of
constexpr Order kThree[] = {{"NHW", 2}, {"HWN", -2}, {"HWC", 0}, {"HNW", kOdd}};
constexpr Order kThreeOfMatlab[] = {{"NWH", 2}, {"WHN", -2}, {"CWH", -1}};
constexpr Order kFour[] = {{"NHWC", 1},  {"NCHW", 0},    {"NNHW", 0},   {"HWCN", -3},
                           {"CHWN", -3}, {"HNWC", kOdd}, {"CNHW", kOdd}};
constexpr Order kFourOfMatlab[] = {{"NCWH", 2}, {"NWHC", 0}, {"NNWH", 0}, {"CWHN", -3}, {"WHCN", -3}};
constexpr Order kFive[] = {{"NNHWC", 0}};

bool usual_channels(std::uint64_t extent) {
    return extent == 1 || extent == 3 || extent == 4;
}

std::span<const Order> orders_of(std::size_t rank, bool matlab) {
    switch (rank) {
    case 3:
        return matlab ? std::span<const Order>(kThreeOfMatlab) : kThree;
    case 4:
        return matlab ? std::span<const Order>(kFourOfMatlab) : kFour;
    case 5:
        return kFive;
    default:
        return {};
    }
}

/// Extents along each letter; 1 where there is none.
struct Extents {
    std::uint64_t images = 1;
    std::uint64_t rows = 1;
    std::uint64_t columns = 1;
    std::uint64_t channels = 1;
};

Extents extents_of(const std::string& letters, const Shape& shape) {
    Extents extents;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        std::uint64_t& extent = letters[i] == 'N'   ? extents.images
                                : letters[i] == 'H' ? extents.rows
                                : letters[i] == 'W' ? extents.columns
                                                    : extents.channels;
        extent *= shape[i];
    }
    return extents;
}

int score_of(const Order& order, const Shape& shape, const AxesEvidence& evidence) {
    const std::string letters = order.letters;
    const Extents extents = extents_of(letters, shape);
    const auto [least, most] = std::minmax(extents.rows, extents.columns);
    int score = order.score;
    if (letters.find('N') != std::string::npos) {
        score += std::count(evidence.rows.begin(), evidence.rows.end(), extents.images) > 0 ? 6 : 0;
        score += evidence.scan && letters.starts_with("NN") ? 10 : 0;
    }
    if (letters.find('C') != std::string::npos) {
        const bool few = extents.channels <= std::min<std::uint64_t>(kMaxImageChannels, least);
        score += usual_channels(extents.channels) ? 4 : few ? 2 : -1;
        score += usual_channels(extents.channels) && letters.back() == 'C' && !evidence.matlab ? 1 : 0;
    }
    score += least == most && least > 1 ? 3 : 0;
    return score - (most / std::max<std::uint64_t>(least, 1) > kLongSide ? 1 : 0);
}

bool possible(const std::string& letters, const Shape& shape) {
    if (letters.find('N') == std::string::npos) {
        return !guess_one_image(shape, letters == "CWH").empty() && usual_channels(shape[letters.find('C')]);
    }
    try {
        Axes(letters).check(shape);
        return true;
    } catch (const DataError&) {
        return false;
    }
}

/// The likeliest order is one that Tacit does not read.
[[noreturn]] void refuse(const std::string& letters, const Shape& shape) {
    const Extents extents = extents_of(letters, shape);
    throw DataError(
        fmt::format("shape ({}) has {}images of {} channels if it is read as {}, and Tacit reads 1 to {}; say what is "
                    "what with data.axes",
                    fmt::join(shape, ", "), extents.rows == extents.columns ? "square " : "", extents.channels, letters,
                    kMaxImageChannels));
}

} // namespace

AxesGuess guess_axes(const Shape& shape, const AxesEvidence& evidence) {
    std::size_t rank = shape.size();
    while (rank > 4 && shape[rank - 1] == 1) { // (N, H, W, C, 1, …)
        --rank;
    }
    const Shape meant(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(rank));
    const std::string rest(shape.size() - rank, '1');
    const Order* best = nullptr;
    const Order* second = nullptr;
    const auto score = [&](const Order* order) { return score_of(*order, meant, evidence); };
    for (const Order& order : orders_of(rank, evidence.matlab)) {
        const bool photo = std::string(order.letters).find('N') == std::string::npos;
        if (photo && !possible(order.letters, meant)) {
            continue;
        }
        if (best == nullptr || score(&order) > score(best)) {
            second = best;
            best = &order;
        } else if (second == nullptr || score(&order) > score(second)) {
            second = &order;
        }
    }
    if (best == nullptr) {
        throw DataError(fmt::format("shape ({}) is no stack of images; say with data.axes what its dimensions mean",
                                    fmt::join(shape, ", ")));
    }
    if (extents_of(best->letters, meant).channels > static_cast<std::uint64_t>(kMaxImageChannels)) {
        refuse(best->letters, meant);
    }
    const bool close = second != nullptr && possible(second->letters, meant) && score(best) - score(second) < kSure;
    return {best->letters + rest, close ? second->letters + rest : std::string()};
}

std::string guess_one_image(const Shape& shape, bool matlab) {
    constexpr std::uint64_t kLeastSide = 8;
    std::string letters = matlab ? "WH" : "HW";
    if (shape.size() == 3 && (usual_channels(shape[2]) || usual_channels(shape[0]))) {
        const bool last = usual_channels(shape[2]) && !(matlab && usual_channels(shape[0]));
        letters = last ? letters + "C" : "C" + letters;
    } else if (shape.size() != 2) {
        return "";
    }
    const std::size_t row = letters.find_first_of("HW");
    const auto [least, most] = std::minmax(shape[row], shape[row + 1]);
    return least >= kLeastSide && most <= kMaxSide && most / least <= kLongSide ? letters : std::string();
}

bool may_be_rows(const Shape& shape, Element element, const std::string& name) {
    const std::vector<std::string> words = words_of(name);
    return shape.size() == 2 && natural_range(element).empty() &&
           std::none_of(words.begin(), words.end(), [](const std::string& word) {
               return named_content(without_numbers(word, "")).kind == NamedContent::Kind::images;
           });
}

std::string flat_advice(const std::vector<std::uint64_t>& shape) {
    constexpr std::uint64_t kLeastPixels = 64;
    const std::uint64_t pixels = shape.size() == 2 ? shape[1] : 0;
    for (const std::uint64_t channels : {std::uint64_t{1}, std::uint64_t{3}}) {
        const std::uint64_t in_plane = pixels / channels;
        const auto side = static_cast<std::uint64_t>(std::llround(std::sqrt(static_cast<double>(in_plane))));
        if (pixels >= kLeastPixels && side * side * channels == pixels) {
            return fmt::format("; if a row is an image of {0} x {0}{1}, write the array as {2}", side,
                               channels == 3 ? " in 3 channels" : "",
                               channels == 3 ? fmt::format("({0}, {1}, {1}, 3) or ({0}, 3, {1}, {1})", shape[0], side)
                                             : fmt::format("({0}, {1}, {1})", shape[0], side));
        }
    }
    return {};
}

std::string reading_text(const std::string& letters, const Shape& shape) {
    const Extents extents = extents_of(letters, shape);
    return fmt::format("{}: {} of {} x {} with {}", letters,
                       counted(static_cast<std::int64_t>(extents.images), "image"), extents.rows, extents.columns,
                       counted(static_cast<std::int64_t>(extents.channels), "channel"));
}

} // namespace tacit::shards
