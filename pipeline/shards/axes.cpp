// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/axes.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace tacit::shards {
namespace {

std::int64_t count_of(const std::string& letters, char letter) {
    return std::count(letters.begin(), letters.end(), letter);
}

bool usual_channels(std::uint64_t extent) {
    return extent == 1 || extent == 3 || extent == 4;
}

/// Whether `extent` can be channels beside images of `rows` x `columns`.
bool few(std::uint64_t extent, std::uint64_t rows, std::uint64_t columns) {
    return extent >= 1 && extent <= static_cast<std::uint64_t>(kMaxImageChannels) && extent <= std::min(rows, columns);
}

std::string guess_of_four(const std::vector<std::uint64_t>& shape, bool matlab) {
    const char* last = matlab ? "NWHC" : "NHWC";
    const char* second = matlab ? "NCWH" : "NCHW";
    if (matlab && usual_channels(shape[1])) {
        return second;
    }
    if (usual_channels(shape[3])) {
        return last;
    }
    if (usual_channels(shape[1])) {
        return second;
    }
    if (shape[1] == shape[2] && shape[3] > static_cast<std::uint64_t>(kMaxImageChannels)) {
        throw DataError(
            fmt::format("shape ({}) has square images of {} channels if those come last, and Tacit reads 1 to {}; "
                        "say what is what with data.axes, e.g. {}",
                        fmt::join(shape, ", "), shape[3], kMaxImageChannels, second));
    }
    if (few(shape[3], shape[1], shape[2])) {
        return last;
    }
    return few(shape[1], shape[2], shape[3]) ? second : "NNHW";
}

} // namespace

Axes::Axes(std::string letters) : letters_(std::move(letters)) {
    const bool known = letters_.find_first_not_of("NHWC1") == std::string::npos;
    const std::int64_t samples = count_of(letters_, 'N');
    if (!known || samples < 1 || samples > 2 || count_of(letters_, 'H') != 1 || count_of(letters_, 'W') != 1 ||
        count_of(letters_, 'C') > 1) {
        throw ConfigError(
            fmt::format("'{}' is no order of axes; write one letter for each dimension: N (images, once or "
                        "twice), H, W, C (if any) and 1 (a dimension of size one), for example NHWC",
                        letters_));
    }
}

Axes Axes::guess(const std::vector<std::uint64_t>& shape, bool matlab) {
    std::size_t rank = shape.size();
    while (rank > 4 && shape[rank - 1] == 1) { // (N, H, W, C, 1, …)
        --rank;
    }
    const std::string rest(shape.size() - rank, '1');
    if (rank == 3) {
        return Axes((matlab ? "NWH" : "NHW") + rest);
    }
    if (rank == 4) {
        return Axes(guess_of_four(shape, matlab) + rest);
    }
    if (rank == 5) {
        return Axes("NNHWC" + rest);
    }
    throw DataError(fmt::format("shape ({}) is no stack of images; say with data.axes what its dimensions mean",
                                fmt::join(shape, ", ")));
}

std::string Axes::guess_counted(const std::vector<std::uint64_t>& shape, std::uint64_t images, bool matlab) {
    const bool last = !shape.empty() && shape.back() == images;
    if ((shape.size() != 3 && shape.size() != 4) || (!last && shape.front() != images)) {
        return "";
    }
    std::vector<std::uint64_t> stack = shape;
    if (last) {
        std::rotate(stack.begin(), stack.end() - 1, stack.end());
    }
    std::string letters = guess(stack, matlab).letters();
    if (last) {
        std::rotate(letters.begin(), letters.begin() + 1, letters.end());
    }
    return count_of(letters, 'N') == 1 ? letters : std::string();
}

std::string Axes::guess_one_image(const std::vector<std::uint64_t>& shape) {
    constexpr std::uint64_t kLeastSide = 8;
    constexpr std::uint64_t kMostProportion = 8;
    std::string letters = "HW";
    if (shape.size() == 3 && (usual_channels(shape[2]) || usual_channels(shape[0]))) {
        letters = usual_channels(shape[2]) ? "HWC" : "CHW";
    } else if (shape.size() != 2) {
        return "";
    }
    const std::size_t row = letters.find('H');
    const auto [least, most] = std::minmax(shape[row], shape[row + 1]);
    return least >= kLeastSide && most <= kMaxSide && most / least <= kMostProportion ? letters : std::string();
}

std::uint64_t Axes::extent(char letter, const std::vector<std::uint64_t>& shape) const {
    std::uint64_t product = 1;
    for (std::size_t i = 0; i < letters_.size(); ++i) {
        product *= letters_[i] == letter ? shape[i] : 1;
    }
    return product;
}

void Axes::check(const std::vector<std::uint64_t>& shape) const {
    const auto bad = [&](const std::string& why) {
        throw DataError(fmt::format("shape ({}) read as {}: {}; say with data.axes what its dimensions mean",
                                    fmt::join(shape, ", "), letters_, why));
    };
    if (shape.size() != letters_.size()) {
        bad("another number of dimensions");
    }
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] > (letters_[i] == 'N' ? std::uint64_t{1} << 31 : kMaxSide) ||
            (letters_[i] == '1' && shape[i] != 1)) {
            bad(fmt::format("{} entries along {}", shape[i], letters_[i]));
        }
    }
    const std::uint64_t channels = extent('C', shape);
    if (channels < 1 || channels > static_cast<std::uint64_t>(kMaxImageChannels)) {
        bad(fmt::format("{} channels, and Tacit takes 1 to {}", channels, kMaxImageChannels));
    }
    const std::uint64_t pixels = extent('H', shape) * extent('W', shape);
    if (pixels < 1 || pixels > static_cast<std::uint64_t>(kMaxPixels)) {
        bad(fmt::format("images of {} pixels", pixels));
    }
}

augment::ImageShape Axes::image(const std::vector<std::uint64_t>& shape) const {
    return {static_cast<int>(extent('H', shape)), static_cast<int>(extent('W', shape)),
            static_cast<int>(extent('C', shape))};
}

std::int64_t Axes::samples(const std::vector<std::uint64_t>& shape) const {
    return static_cast<std::int64_t>(extent('N', shape));
}

std::vector<std::uint64_t> Axes::pixel_strides(const std::vector<std::uint64_t>& shape) const {
    const std::uint64_t channels = extent('C', shape);
    const std::uint64_t row = extent('W', shape) * channels;
    std::vector<std::uint64_t> strides;
    for (const char letter : letters_) {
        strides.push_back(letter == 'H' ? row : letter == 'W' ? channels : letter == 'C' ? 1 : 0);
    }
    return strides;
}

} // namespace tacit::shards
