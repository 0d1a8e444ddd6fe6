// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/section.hpp"
#include "pipeline/loader/loader_options.hpp"
#include "pipeline/shards/dataset.hpp"

#include <string>
#include <vector>

namespace tacit::loader {

/// How pixels are normalised: by which mean and std they become (x - mean) / std.
enum class Normalize {
    standard, ///< mean and standard deviation of the training split
    minmax,   ///< its smallest value becomes 0, its largest 1
    robust,   ///< median, and distance between the percentiles 25 and 75
    fixed     ///< mean and std of the config
};

/// The `data` section.
struct DataConfig {
    shards::DataSpec source;                   ///< its members under their names; path is required
    std::string train = "train";               ///< split to train on
    std::string test = "test";                 ///< split to evaluate on
    std::string val = "auto";                  ///< split to choose settings on; auto: `val` if there is one; none
    Normalize normalize = Normalize::standard; ///< fixed where mean and std are given
    std::vector<double> mean;                  ///< per channel in [0, 1], for Normalize::fixed; else empty
    std::vector<double> std;
    int workers = 0;              ///< loader threads per rank; 0: from cores and ranks
    int slots = 3;                ///< batches in the ring
    std::string shuffle = "auto"; ///< full, window, or auto: window where an image is dear to read alone
    std::int64_t window = 64;     ///< blocks in memory over all ranks, under a window shuffle
    std::int64_t lanes = 8;       ///< see EpochOrder
    OnBadSample on_bad_sample = OnBadSample::fail;
    std::int64_t max_bad_samples = 100; ///< distinct ones that all ranks together may skip
    std::string stage;                  ///< folder on a disk of the node to copy the files to; empty: none
};

DataConfig read_data(const config::Section& data);

/// The shuffle of choice where nothing else is said: window if images are dear to read alone, else full.
Shuffle fitting_shuffle(const shards::Dataset& dataset);

/// Options of a loader that trains on `dataset` as `config` says; seed, batch, ranks and workers are the caller's.
LoaderOptions training_options(const DataConfig& config, const shards::Dataset& dataset);

/// Names the order of an epoch for given seed and samples: training that goes on under another
/// name would visit other samples. Empty for a full shuffle, which depends on nothing else.
std::string order_name(const LoaderOptions& options, const shards::Dataset& dataset);

} // namespace tacit::loader
