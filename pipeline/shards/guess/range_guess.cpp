// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/guess/range_guess.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/statistics/finite_sums.hpp"
#include "pipeline/shards/statistics/value_counts.hpp"
#include "pipeline/shards/statistics/value_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace tacit::shards {
namespace {

constexpr std::int64_t kBlocks = 8;
constexpr std::int64_t kImagesOfBlock = 16;
constexpr double kSeconds = 0.3;
constexpr double kDark = 31; ///< of u8: images that never go beyond are most likely masks, classes or few bits

struct Span {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    std::int64_t images = 0;
};

void widen(Span& span, double low, double high) {
    span.low = std::min(span.low, low);
    span.high = std::max(span.high, high);
}

/// Extremes of the finite values of f32 and f64.
void widen(Span& span, const StoredImage& image, std::vector<std::uint8_t>& plane) {
    for (const FiniteSums& channel : sum_image(image, {}, plane)) {
        if (channel.stored.pixels() > 0) {
            widen(span, channel.stored.lowest(), channel.stored.highest());
        }
    }
}

/// The same of numbers of 16 bits, which were counted.
void widen(Span& span, const DigitCounts& counts) {
    for (std::size_t c = 0; c < counts.channels(); ++c) {
        const std::span<const std::uint64_t> of_value = counts.of(c, 0);
        for (std::size_t key = 0; key < of_value.size(); ++key) {
            if (of_value[key] > 0) {
                const double number = number_of_key(key, counts.element());
                widen(span, number, number);
            }
        }
    }
}

/// Images of a few blocks over all of the data set.
Span look(const Dataset& dataset) {
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<std::int64_t>& starts = dataset.block_starts();
    const auto blocks = static_cast<std::int64_t>(starts.size()) - 1;
    const std::int64_t wanted = std::min(blocks, kBlocks);
    const bool wide = key_digits(dataset.info().element) > 1;
    DigitCounts counts(dataset.info().element, dataset.info().channels);
    std::vector<std::uint8_t> plane;
    Block block;
    SampleBuffer buffer;
    Span span;
    for (std::int64_t i = 0; i < wanted; ++i) {
        const std::int64_t number = i * blocks / wanted;
        const std::int64_t first = starts[static_cast<std::size_t>(number)];
        const std::int64_t end = std::min(starts[static_cast<std::size_t>(number) + 1], first + kImagesOfBlock);
        try {
            dataset.load(number, block, buffer.scratch);
            for (std::int64_t image = first; image < end; ++image, ++span.images) {
                const StoredImage values = dataset.values(block, image, buffer);
                if (wide) {
                    widen(span, values, plane);
                } else {
                    counts.add(values.bytes);
                }
            }
        } catch (const DataError&) { // a damaged block tells nothing of the others
            continue;
        }
        if (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() > kSeconds) {
            break;
        }
    }
    widen(span, counts);
    return span;
}

std::vector<double> float_range(const Span& span) {
    if (span.low >= 0 && span.high > 0.1 && span.high <= 1.001) {
        return {0, 1};
    }
    if (span.low >= -1.001 && span.low < -0.1 && span.high <= 1.001) {
        return {-1, 1};
    }
    const double low = span.low >= 0 && span.low < 0.5 * span.high ? 0 : span.low;
    return {low, span.high > low ? span.high : low + 1};
}

/// `value` with three digits, unless these lie beyond all numbers.
double rounded(double value) {
    const double three = std::strtod(fmt::format("{:.3g}", value).c_str(), nullptr);
    return std::isfinite(three) ? three : value;
}

std::vector<double> stored_maximum(const FileIndex& file) {
    const h5::Session session;
    const h5::Handle opened = h5::open_file(file.path);
    const h5::Handle root(H5Gopen2(opened.get(), "/", H5P_DEFAULT));
    if (!root.valid() || !h5::has_attribute(root.get(), "max", file.path)) {
        return {};
    }
    try {
        const std::vector<double> values = h5::number_attribute(root.get(), "max", file.path);
        return values.size() == 1 && std::isfinite(values[0]) && values[0] > 0 ? std::vector<double>{0, values[0]}
                                                                               : std::vector<double>();
    } catch (const DataError&) { // a text, perhaps
        return {};
    }
}

/// Whether the first image alone tells that all the range of its type is in use.
bool uses_range(const Dataset& dataset) {
    SampleBuffer buffer;
    const StoredImage image = dataset.stored(0, buffer);
    return std::any_of(image.bytes.begin(), image.bytes.end(), [](std::uint8_t value) { return value > kDark; });
}

} // namespace

void warn_of_range(const DatasetIndex& index) {
    const FileIndex& file = index.files.front();
    if (file.format == "tacit" || file.element != Element::u8 || file.value_range != natural_range(Element::u8) ||
        file.parts.front().encoded()) {
        return;
    }
    try {
        const Dataset dataset{DatasetIndex(index)};
        const RangeGuess guess = uses_range(dataset) ? RangeGuess() : guess_range(dataset, file);
        if (!guess.range.empty()) {
            log::warning(
                fmt::format("{}: values are {}, so all images are nearly black of 0 to 255; if {} is white, say "
                            "data.range: [0, {}] (--range 0:{})",
                            index.path, guess.origin, guess.range[1], guess.range[1], guess.range[1]));
        }
    } catch (const Error&) { // damaged: reading will say so
        return;
    }
}

RangeGuess guess_range(const Dataset& dataset, const FileIndex& file) {
    const Element element = dataset.info().element;
    const bool whole = !natural_range(element).empty();
    if (file.format == "tacit") {
        return {};
    }
    if (!whole) {
        const std::vector<double> stored = stored_maximum(file);
        if (!stored.empty()) {
            return {stored, "attribute max of the file"};
        }
    }
    const Span span = look(dataset);
    if (!(span.low <= span.high)) { // nothing finite
        return whole ? RangeGuess{} : RangeGuess{{0, 1}, "a guess: the images that were read hold NaN alone"};
    }
    const std::string origin = fmt::format("{:.3g} to {:.3g} in the {} images that were read; `tacit data stats` "
                                           "measures all",
                                           span.low, span.high, span.images);
    if (element == Element::u8 || element == Element::u16) { // the bits in use
        const bool wide = element == Element::u16;
        double top = wide ? 255 : 1;
        while (top < span.high) {
            top = 2 * top + 1;
        }
        const bool all = span.high > (wide ? 32767 : kDark) || (!wide && span.high == 0);
        return all ? RangeGuess{} : RangeGuess{{0, top}, origin};
    }
    std::vector<double> range =
        whole ? std::vector<double>{span.low, std::max(span.high, span.low + 1)} : float_range(span);
    if (!whole) {
        range = {rounded(range[0]), rounded(range[1])};
        range[1] = range[1] > range[0] ? range[1] : std::nextafter(range[0], std::numeric_limits<double>::infinity());
    }
    return {range, origin};
}

} // namespace tacit::shards
