// SPDX-License-Identifier: Apache-2.0
#include "augment/resample.hpp"

#include "augment/simd.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tacit::augment {
namespace {

constexpr int kMaxPrecision = 22;
constexpr int kFewTaps = 4;
/// A tap may begin up to kFewTaps - 1 pixels of three channels behind the row, and is copied as four bytes.
constexpr std::size_t kRowSlack = 16;

/// Pillow's rounding of positions: halves up, negative results to be clipped to 0.
int rounded(double value) {
    const double shifted = value + 0.5;
    return static_cast<int>(shifted);
}

double triangle(double x) {
    return std::max(0.0, 1.0 - std::abs(x));
}

std::size_t offset(int index, int stride) {
    return static_cast<std::size_t>(index) * static_cast<std::size_t>(stride);
}

std::uint8_t narrow(int value) {
    return static_cast<std::uint8_t>(std::min(value, 255));
}

/// The tap `tap` of every output pixel, side by side. Three channels are copied as four bytes: `row` and
/// `out` have that slack.
template <int kChannels>
void gather_tap(const std::uint8_t* row, const ResampleTable& table, int tap, std::uint8_t* out) {
    constexpr std::size_t kBytes = kChannels == 3 ? 4 : kChannels;
    for (int x = 0; x < table.out(); ++x) {
        std::memcpy(out + offset(x, kChannels), row + offset(table.first(x) + tap, kChannels), kBytes);
    }
}

/// out[i] = the sum over taps of weights[t * count + i] * taps[t * stride + i].
TACIT_KERNEL void blend_two_taps(const std::uint8_t* taps, std::size_t stride, const std::int16_t* weights,
                                 int precision, std::uint8_t* __restrict out, std::size_t count) {
    const std::uint8_t* second = taps + stride;
    const std::int16_t* second_weights = weights + count;
    const int half = 1 << (precision - 1);
    for (std::size_t i = 0; i < count; ++i) {
        const int sum = (half + weights[i] * taps[i] + second_weights[i] * second[i]) >> precision;
        out[i] = static_cast<std::uint8_t>(sum > 255 ? 255 : sum);
    }
}

TACIT_KERNEL void blend_four_taps(const std::uint8_t* taps, std::size_t stride, const std::int16_t* weights,
                                  int precision, std::uint8_t* __restrict out, std::size_t count) {
    const int half = 1 << (precision - 1);
    for (std::size_t i = 0; i < count; ++i) {
        int sum = half + weights[i] * taps[i] + weights[count + i] * taps[stride + i];
        sum += weights[2 * count + i] * taps[2 * stride + i] + weights[3 * count + i] * taps[3 * stride + i];
        sum >>= precision;
        out[i] = static_cast<std::uint8_t>(sum > 255 ? 255 : sum);
    }
}

/// A row of few taps: the source bytes of each tap are gathered into rows as long as the output, so that
/// the arithmetic is vector code whatever the channel count.
template <int kChannels>
void resample_row_gathered(const std::uint8_t* in, std::uint8_t* out, const ResampleTable& table,
                           ResampleScratch& scratch) {
    const int few_taps = table.spread_taps();
    const auto count = offset(table.out(), kChannels);
    const std::size_t stride = count + kRowSlack;
    const auto in_bytes = offset(table.in(), kChannels);
    std::uint8_t* row = scratch.line(in_bytes + kRowSlack + static_cast<std::size_t>(few_taps) * stride);
    std::memcpy(row, in, in_bytes);
    std::uint8_t* taps = row + in_bytes + kRowSlack;
    for (int t = 0; t < few_taps; ++t) {
        gather_tap<kChannels>(row, table, t, taps + static_cast<std::size_t>(t) * stride);
    }
    if (few_taps == 2) {
        simd<blend_two_taps>(taps, stride, table.spread_weights(), table.precision(), out, count);
    } else {
        simd<blend_four_taps>(taps, stride, table.spread_weights(), table.precision(), out, count);
    }
}

void resample_row_any(const std::uint8_t* in, std::uint8_t* out, const ResampleTable& table, int channels) {
    const int precision = table.precision();
    for (int x = 0; x < table.out(); ++x) {
        const std::uint8_t* pixel = in + offset(table.first(x), channels);
        const std::int16_t* weights = table.weights(x);
        const int count = table.count(x);
        for (int c = 0; c < channels; ++c) {
            int sum = 1 << (precision - 1);
            for (int t = 0; t < count; ++t) {
                sum += weights[t] * pixel[t * channels + c];
            }
            out[x * channels + c] = narrow(sum >> precision);
        }
    }
}

/// The horizontal pass for images of three channels with many taps: three sums in registers.
void resample_row_rgb(const std::uint8_t* in, std::uint8_t* out, const ResampleTable& table) {
    const int precision = table.precision();
    for (int x = 0; x < table.out(); ++x) {
        const std::uint8_t* pixel = in + offset(table.first(x), 3);
        const std::int16_t* weights = table.weights(x);
        const int count = table.count(x);
        int red = 1 << (precision - 1);
        int green = red;
        int blue = red;
        for (int t = 0; t < count; ++t) {
            red += weights[t] * pixel[0];
            green += weights[t] * pixel[1];
            blue += weights[t] * pixel[2];
            pixel += 3;
        }
        out[0] = narrow(red >> precision);
        out[1] = narrow(green >> precision);
        out[2] = narrow(blue >> precision);
        out += 3;
    }
}

void resample_row(const std::uint8_t* in, std::uint8_t* out, const ResampleTable& table, int channels,
                  ResampleScratch& scratch) {
    const bool few_taps = table.spread_taps() > 0;
    if (channels == 3) {
        few_taps ? resample_row_gathered<3>(in, out, table, scratch) : resample_row_rgb(in, out, table);
    } else if (channels == 1 && few_taps) {
        resample_row_gathered<1>(in, out, table, scratch);
    } else {
        resample_row_any(in, out, table, channels);
    }
}

TACIT_KERNEL void blend_two_rows(const std::uint8_t* first, const std::uint8_t* second, const std::int16_t* weights,
                                 int precision, std::uint8_t* __restrict out, int bytes) {
    const int weight0 = weights[0];
    const int weight1 = weights[1];
    const int half = 1 << (precision - 1);
    for (int i = 0; i < bytes; ++i) {
        const int sum = (half + weight0 * first[i] + weight1 * second[i]) >> precision;
        out[i] = static_cast<std::uint8_t>(sum > 255 ? 255 : sum);
    }
}

TACIT_KERNEL void blend_rows(const std::uint8_t* rows, int stride, const std::int16_t* weights, int count,
                             int precision, std::uint8_t* __restrict out, int bytes) {
    constexpr int kBlock = 256;
    int sums[kBlock];
    for (int start = 0; start < bytes; start += kBlock) {
        const int length = bytes - start < kBlock ? bytes - start : kBlock;
        for (int i = 0; i < length; ++i) {
            sums[i] = 1 << (precision - 1);
        }
        for (int t = 0; t < count; ++t) {
            const std::uint8_t* row = rows + static_cast<std::ptrdiff_t>(t) * stride + start;
            const int weight = weights[t];
            for (int i = 0; i < length; ++i) {
                sums[i] += weight * row[i];
            }
        }
        for (int i = 0; i < length; ++i) {
            const int sum = sums[i] >> precision;
            out[start + i] = static_cast<std::uint8_t>(sum > 255 ? 255 : sum);
        }
    }
}

/// The vertical pass: whole rows of bytes, so channels do not matter.
void resample_columns(const std::uint8_t* in, int stride, MutableImageView out, const ResampleTable& table) {
    const int bytes = out.shape.width * out.shape.channels;
    for (int y = 0; y < out.shape.height; ++y) {
        const std::uint8_t* rows = in + offset(table.first(y), stride);
        std::uint8_t* line = out.data + offset(y, bytes);
        if (table.count(y) == 2) {
            simd<blend_two_rows>(rows, rows + stride, table.weights(y), table.precision(), line, bytes);
        } else {
            simd<blend_rows>(rows, stride, table.weights(y), table.count(y), table.precision(), line, bytes);
        }
    }
}

} // namespace

void ResampleTable::build(int in, int out, int channels) {
    in_ = in;
    out_ = out;
    channels_ = channels;
    const double scale = static_cast<double>(in) / out;
    const double support = std::max(scale, 1.0);
    const auto outputs = static_cast<std::size_t>(out);
    first_.resize(outputs);
    count_.resize(outputs);
    taps_ = 1;
    for (int i = 0; i < out; ++i) {
        const double centre = scale * (i + 0.5);
        const int first = std::max(rounded(centre - support), 0);
        const int last = std::min(rounded(centre + support), in);
        first_[static_cast<std::size_t>(i)] = first;
        count_[static_cast<std::size_t>(i)] = last - first;
        taps_ = std::max(taps_, last - first);
    }
    fill_weights(exact_, scale);
    quantise(exact_);
    spread();
}

void ResampleTable::fill_weights(std::vector<double>& weights, double scale) {
    weights.assign(static_cast<std::size_t>(out_) * static_cast<std::size_t>(taps_), 0.0);
    const double inverse = scale >= 1.0 ? 1.0 / scale : 1.0;
    for (int i = 0; i < out_; ++i) {
        double* row = &weights[offset(i, taps_)];
        const double centre = scale * (i + 0.5);
        double total = 0.0;
        for (int t = 0; t < count(i); ++t) {
            row[t] = triangle((t + first(i) - centre + 0.5) * inverse);
            total += row[t];
        }
        for (int t = 0; t < count(i) && total != 0.0; ++t) {
            row[t] /= total;
        }
    }
}

void ResampleTable::quantise(const std::vector<double>& weights) {
    const double largest = *std::max_element(weights.begin(), weights.end());
    precision_ = 0;
    while (precision_ < kMaxPrecision && rounded(largest * (1 << (precision_ + 1))) < (1 << 15)) {
        ++precision_;
    }
    weights_.resize(weights.size());
    std::transform(weights.begin(), weights.end(), weights_.begin(),
                   [this](double weight) { return static_cast<std::int16_t>(rounded(weight * (1 << precision_))); });
}

void ResampleTable::spread() {
    spread_taps_ = taps_ <= 2 ? 2 : kFewTaps;
    if (taps_ > kFewTaps) {
        spread_taps_ = 0;
        return;
    }
    const std::size_t row = offset(out_, channels_);
    spread_.assign(static_cast<std::size_t>(spread_taps_) * row, 0);
    for (int t = 0; t < taps_; ++t) {
        for (int x = 0; x < out_; ++x) {
            std::int16_t* pixel = &spread_[static_cast<std::size_t>(t) * row + offset(x, channels_)];
            std::fill_n(pixel, channels_, weights(x)[t]);
        }
    }
}

const ResampleTable& ResampleScratch::table(int in, int out, int channels) {
    const std::size_t hash =
        static_cast<std::size_t>(in) + 131 * static_cast<std::size_t>(out) + 257 * offset(channels, 1);
    ResampleTable& table = tables_[hash % tables_.size()];
    if (table.in() != in || table.out() != out || table.channels() != channels) {
        table.build(in, out, channels);
    }
    return table;
}

void crop_resize(ImageView source, const Box& box, MutableImageView out, ResampleScratch& scratch) {
    const int channels = source.shape.channels;
    const int source_stride = source.shape.width * channels;
    const std::uint8_t* corner = source.data + offset(box.top, source_stride) + offset(box.left, channels);
    const int row_bytes = out.shape.width * channels;
    const bool same_height = box.height == out.shape.height;
    const std::uint8_t* rows = corner;
    int stride = source_stride;
    if (box.width != out.shape.width) {
        std::uint8_t* target = same_height ? out.data : scratch.rows(offset(box.height, row_bytes));
        const ResampleTable& table = scratch.table(box.width, out.shape.width, channels);
        for (int y = 0; y < box.height; ++y) {
            resample_row(corner + offset(y, source_stride), target + offset(y, row_bytes), table, channels, scratch);
        }
        rows = target;
        stride = row_bytes;
    }
    if (!same_height) {
        resample_columns(rows, stride, out, scratch.table(box.height, out.shape.height, 1));
    } else if (rows != out.data) {
        for (int y = 0; y < box.height; ++y) {
            std::memcpy(out.data + offset(y, row_bytes), rows + offset(y, stride), static_cast<std::size_t>(row_bytes));
        }
    }
}

} // namespace tacit::augment
