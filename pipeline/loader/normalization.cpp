// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/normalization.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"

#include <fmt/format.h>

#include <array>

namespace tacit::loader {
namespace {

constexpr double kSmallestScale = 1e-6; ///< as of data.std

void require_channels(const std::vector<double>& values, const shards::DatasetInfo& info, bool given, const char* key) {
    if (values.size() != static_cast<std::size_t>(info.channels)) {
        throw ConfigError(
            fmt::format("data.{} has {} numbers{}, the images of {} have {} channels; give one for each, or "
                        "data.normalize: standard",
                        key, values.size(), given ? "" : " in the shards", info.path, info.channels));
    }
}

/// Dividing by nothing would make infinities of a channel that says nothing.
void keep_constant_channels(Normalization& made) {
    for (std::size_t c = 0; c < made.std.size(); ++c) {
        if (!(made.std[c] >= kSmallestScale)) {
            log::warning(fmt::format("data.normalize: channel {} has one value in all images of the training split; it "
                                     "is centred and not divided, and teaches nothing",
                                     c));
            made.std[c] = 1;
        }
    }
}

} // namespace

std::string normalize_name(Normalize rule) {
    constexpr std::array<const char*, 4> kNames = {"standard", "minmax", "robust", "fixed"};
    return kNames.at(static_cast<std::size_t>(rule));
}

std::optional<Normalization> known_normalization(const DataConfig& config, const shards::DatasetInfo& info) {
    const bool given = config.normalize == Normalize::fixed;
    if (!given && (config.normalize != Normalize::standard || info.mean.empty())) {
        return std::nullopt;
    }
    Normalization known = given ? Normalization{config.mean, config.std} : Normalization{info.mean, info.std};
    require_channels(known.mean, info, given, "mean");
    require_channels(known.std, info, given, "std");
    keep_constant_channels(known);
    return known;
}

Normalization fit_normalization(Normalize rule, const std::vector<shards::ChannelStatistics>& channels) {
    Normalization made;
    for (std::size_t c = 0; c < channels.size(); ++c) {
        const shards::ChannelStatistics& channel = channels[c];
        if (channel.values == 0) {
            throw ConfigError(fmt::format("data.normalize {}: channel {} of the training split holds nothing but NaN "
                                          "and infinity; leave that channel out of the data, or mend it",
                                          normalize_name(rule), c));
        }
        double centre = channel.mean;
        double scale = channel.std;
        if (rule == Normalize::minmax) {
            centre = channel.min;
            scale = channel.max - channel.min;
        } else if (rule == Normalize::robust) {
            centre = channel.percentile(50);
            scale = channel.percentile(75) - channel.percentile(25);
            if (scale < kSmallestScale && channel.max > channel.min) {
                throw ConfigError(fmt::format("data.normalize robust: half of the values of channel {} are equal (its "
                                              "percentiles 25 and 75 are both {:.4g}); use standard or minmax",
                                              c, channel.percentile(25)));
            }
        }
        made.mean.push_back(centre);
        made.std.push_back(scale);
    }
    keep_constant_channels(made);
    return made;
}

Normalization measure_normalization(const DataConfig& config, const shards::Dataset& dataset, int threads,
                                    const shards::ProgressFn& progress) {
    if (dataset.info().value_range.empty()) {
        throw ConfigError(fmt::format("{}: holds floating-point numbers; say which of them mean black and white with "
                                      "data.range: [low, high] (`tacit data stats` measures them)",
                                      dataset.info().path));
    }
    shards::StatisticsOptions options;
    options.threads = threads;
    options.duplicates = false;
    options.percentiles = config.normalize == Normalize::robust;
    options.progress = progress;
    const shards::Statistics measured = shards::measure_statistics(dataset, options);
    if (measured.not_finite_images > 0) {
        log::warning(fmt::format("{}: {} images of split '{}' hold NaN or infinite values, the first one is image {}; "
                                 "the normalisation leaves these values out",
                                 dataset.info().path, measured.not_finite_images, dataset.info().split,
                                 measured.first_not_finite));
    }
    return fit_normalization(config.normalize, measured.scaled);
}

} // namespace tacit::loader
