// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/statistics.hpp"

#include "pipeline/shards/statistics/finite_sums.hpp"
#include "pipeline/shards/statistics/image_pass.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace tacit::shards {
namespace {

constexpr std::size_t kCountBytes = std::size_t{1} << 28; ///< that the counts of all threads may take
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// What one thread has seen.
struct Seen : ImagesSeen {
    explicit Seen(DigitCounts empty) : counts(std::move(empty)) {}
    DigitCounts counts;
    std::vector<std::uint8_t> plane; ///< scratch memory

    void look(std::int64_t index, const StoredImage& image) {
        const NotFinite found = counts.add(image.bytes);
        const bool bad = found.nan + found.infinite > 0;
        const auto [height, width, channels] = image.shape;
        merge({found, bad ? 1 : 0, bad ? index : -1, height, height, width, width});
    }
};

/// The same figures where `low` is 0 and `high` 1.
ChannelStatistics between(double low, double high, ChannelStatistics figures) {
    const double half = high / 2 - low / 2; // of the width, which may be beyond double
    figures.std = figures.std / 2 / half;
    for (double* value : {&figures.mean, &figures.min, &figures.max}) {
        *value = (*value / 2 - low / 2) / half;
    }
    for (double& value : figures.percentiles) {
        value = (value / 2 - low / 2) / half;
    }
    return figures;
}

/// Passes over the images of one data set.
class Measurement {
  public:
    Measurement(const Dataset& dataset, const StatisticsOptions& options);
    Statistics run();

  private:
    using Sums = std::vector<FiniteSums>; ///< a channel

    bool is_wide() const { return info_.element == Element::f32 || info_.element == Element::f64; }
    int threads_for(const DigitCounts& counts) const;
    void report(std::int64_t images) const;
    Seen first_pass();
    DigitCounts further_pass(const DigitCounts& empty);
    ChannelStatistics counted(const DigitCounts& counts, const PercentileSearch& search, std::size_t channel,
                              bool clamped);
    ChannelStatistics summed(const PercentileSearch& search, std::size_t channel, bool clamped);
    ChannelStatistics channel(const DigitCounts& counts, const PercentileSearch& search, std::size_t number,
                              bool clamped);
    void describe(const DigitCounts& counts, const PercentileSearch& search);
    void count_classes();

    const Dataset& dataset_;
    const DatasetInfo& info_;
    const StatisticsOptions& options_;
    Statistics result_;
    std::vector<ImageDigest> digests_; ///< an image
    Sums sums_;                        ///< of f32 and f64
    double low_ = -kInfinity;          ///< black and white
    double high_ = kInfinity;
};

Measurement::Measurement(const Dataset& dataset, const StatisticsOptions& options)
    : dataset_(dataset), info_(dataset.info()), options_(options) {
    result_.passes = options.percentiles ? key_digits(info_.element) : 1;
    if (!info_.value_range.empty()) {
        low_ = info_.value_range[0];
        high_ = info_.value_range[1];
    }
}

int Measurement::threads_for(const DigitCounts& counts) const {
    const auto most =
        static_cast<int>(std::max<std::size_t>(1, kCountBytes / std::max<std::size_t>(1, counts.bytes())));
    return std::clamp(options_.threads, 1, most);
}

void Measurement::report(std::int64_t images) const {
    if (options_.progress) {
        options_.progress(images, info_.size * result_.passes);
    }
}

Seen Measurement::first_pass() {
    const DigitCounts empty(info_.element, info_.channels);
    const int threads = threads_for(empty);
    std::vector<Seen> seen(static_cast<std::size_t>(threads), Seen(empty));
    digests_.resize(options_.duplicates ? static_cast<std::size_t>(info_.size) : 0);
    sums_.assign(is_wide() ? static_cast<std::size_t>(info_.channels) : 0, FiniteSums(info_.element));
    std::vector<Sums> waiting(is_wide() ? static_cast<std::size_t>(info_.size) : 0); // an image, until it is merged
    std::int64_t merged = 0;
    pass_over_images(
        dataset_, threads,
        [&](std::int64_t index, const StoredImage& image, std::size_t thread) {
            const auto place = static_cast<std::size_t>(index);
            seen[thread].look(index, image);
            if (options_.duplicates) {
                digests_[place] = digest_of(image);
            }
            if (is_wide()) {
                waiting[place] = sum_image(image, info_.value_range, seen[thread].plane);
            }
        },
        [&](std::int64_t end) {
            for (; is_wide() && merged < end; ++merged) {
                const Sums image = std::move(waiting[static_cast<std::size_t>(merged)]);
                for (std::size_t c = 0; c < sums_.size(); ++c) {
                    sums_[c].add(image[c]);
                }
            }
            report(end);
        });
    for (std::size_t i = 1; i < seen.size(); ++i) {
        seen[0].merge(seen[i]);
        seen[0].counts.add(seen[i].counts);
    }
    return std::move(seen[0]);
}

DigitCounts Measurement::further_pass(const DigitCounts& empty) {
    const int threads = threads_for(empty);
    std::vector<DigitCounts> counts(static_cast<std::size_t>(threads), empty);
    pass_over_images(
        dataset_, threads,
        [&](std::int64_t, const StoredImage& image, std::size_t thread) { counts[thread].add(image.bytes); },
        [&](std::int64_t end) { report(empty.digit() * info_.size + end); });
    for (std::size_t i = 1; i < counts.size(); ++i) {
        counts[0].add(counts[i]);
    }
    return std::move(counts[0]);
}

/// Out of how often every value occurs: sums over the values in ascending order, whatever the order of the images.
ChannelStatistics Measurement::counted(const DigitCounts& counts, const PercentileSearch& search, std::size_t channel,
                                       bool clamped) {
    const std::span<const std::uint64_t> of_value = counts.of(channel, 0);
    const auto value = [&](std::size_t key) {
        const double number = number_of_key(key, info_.element);
        return clamped ? std::clamp(number, low_, high_) : number;
    };
    ChannelStatistics made{search.values(channel), 0, 0, kInfinity, -kInfinity, {}};
    for (std::size_t key = 0; key < of_value.size(); ++key) {
        if (of_value[key] > 0) {
            made.mean += static_cast<double>(of_value[key]) * value(key);
            made.min = std::min(made.min, value(key));
            made.max = std::max(made.max, value(key));
            const double number = number_of_key(key, info_.element);
            result_.outside += clamped && value(key) != number ? of_value[key] : 0;
        }
    }
    made.mean /= static_cast<double>(made.values);
    for (std::size_t key = 0; key < of_value.size(); ++key) {
        if (of_value[key] > 0) {
            const double off = value(key) - made.mean;
            made.std += static_cast<double>(of_value[key]) * off * off;
        }
    }
    made.std = std::sqrt(made.std / static_cast<double>(made.values));
    return made;
}

ChannelStatistics Measurement::summed(const PercentileSearch& search, std::size_t channel, bool clamped) {
    const PixelSums& sums = clamped ? sums_[channel].clamped : sums_[channel].stored;
    result_.outside += clamped ? sums_[channel].outside : 0;
    return {search.values(channel), sums.mean()[0], sums.std()[0], sums.lowest(), sums.highest(), {}};
}

ChannelStatistics Measurement::channel(const DigitCounts& counts, const PercentileSearch& search, std::size_t number,
                                       bool clamped) {
    ChannelStatistics made{0, kNan, kNan, kNan, kNan, {}};
    made.percentiles.fill(kNan);
    if (search.values(number) == 0) {
        return made;
    }
    made = is_wide() ? summed(search, number, clamped) : counted(counts, search, number, clamped);
    if (search.found()) {
        made.percentiles = search.of(number, clamped ? low_ : -kInfinity, clamped ? high_ : kInfinity);
    } else {
        made.percentiles.fill(kNan);
    }
    return made;
}

void Measurement::describe(const DigitCounts& counts, const PercentileSearch& search) {
    for (std::size_t c = 0; c < counts.channels(); ++c) {
        result_.stored.push_back(channel(counts, search, c, false));
        if (!info_.value_range.empty()) {
            result_.scaled.push_back(between(low_, high_, channel(counts, search, c, true)));
        }
    }
}

void Measurement::count_classes() {
    result_.class_counts.assign(info_.classes.size(), 0);
    for (const std::int32_t label : dataset_.labels()) {
        if (label < 0) {
            ++result_.unlabelled;
        } else {
            ++result_.class_counts.at(static_cast<std::size_t>(label));
        }
    }
}

Statistics Measurement::run() {
    const auto start = std::chrono::steady_clock::now();
    const Seen seen = first_pass();
    PercentileSearch search(seen.counts);
    while (options_.percentiles && !search.found()) {
        search.refine(further_pass(search.next()));
    }
    describe(seen.counts, search);
    result_.merge(seen);
    count_classes();
    result_.duplicates = find_duplicates(digests_);
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(result_);
}

} // namespace

void ImagesSeen::merge(const ImagesSeen& other) {
    const auto least = [](auto& one, auto more, auto none) {
        one = one == none ? more : more == none ? one : std::min(one, more);
    };
    not_finite.nan += other.not_finite.nan;
    not_finite.infinite += other.not_finite.infinite;
    not_finite_images += other.not_finite_images;
    least(first_not_finite, other.first_not_finite, std::int64_t{-1});
    least(min_height, other.min_height, 0);
    least(min_width, other.min_width, 0);
    max_height = std::max(max_height, other.max_height);
    max_width = std::max(max_width, other.max_width);
}

double ChannelStatistics::percentile(int percent) const {
    const auto place = std::find(kPercents.begin(), kPercents.end(), percent);
    if (place == kPercents.end()) {
        throw std::logic_error("percentile: not one of those measured");
    }
    return percentiles[static_cast<std::size_t>(place - kPercents.begin())];
}

Statistics measure_statistics(const Dataset& dataset, const StatisticsOptions& options) {
    return Measurement(dataset, options).run();
}

} // namespace tacit::shards
