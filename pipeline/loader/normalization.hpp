// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/loader/data_config.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/statistics/statistics.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tacit::loader {

/// What pixels become: (x - mean) / std, with x in [0, 1], per channel.
struct Normalization {
    std::vector<double> mean;
    std::vector<double> std;
    bool operator==(const Normalization&) const = default;
};

std::string normalize_name(Normalize rule);

/// What needs no look at the images: the config's numbers, or, under `standard`, what the shards store. nullopt: the
/// training split must be measured. Throws ConfigError unless there is one number a channel.
std::optional<Normalization> known_normalization(const DataConfig& config, const shards::DatasetInfo& info);

/// What figures of the training split (Statistics::scaled) make of `rule`. `standard`: mean and standard deviation.
/// `minmax`: x' = (x - min) / (max - min), in [0, 1] as of scikit-learn's MinMaxScaler. `robust`: x' = (x - median) /
/// (p75 - p25), as of its RobustScaler. A channel of one value is not divided by anything, as there. Throws ConfigError
/// naming the channel if half of its values are equal under `robust`, or if none is finite.
Normalization fit_normalization(Normalize rule, const std::vector<shards::ChannelStatistics>& channels);

/// Reads all of `dataset` for fit_normalization(). Throws ConfigError if it holds floating-point numbers of unknown
/// range; DataError for damaged images.
Normalization measure_normalization(const DataConfig& config, const shards::Dataset& dataset, int threads,
                                    const shards::ProgressFn& progress = {});

} // namespace tacit::loader
