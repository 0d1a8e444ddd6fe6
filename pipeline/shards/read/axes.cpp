// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/read/axes.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/format/format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace tacit::shards {
namespace {

std::int64_t count_of(const std::string& letters, char letter) {
    return std::count(letters.begin(), letters.end(), letter);
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
