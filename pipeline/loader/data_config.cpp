// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/data_config.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/loader/order/epoch_order.hpp"
#include "pipeline/shards/read/axes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::loader {
namespace {

void read_order(const config::Section& data, DataConfig& config) {
    constexpr std::int64_t kMaxWindow = std::int64_t{1} << 30;
    constexpr std::int64_t kMaxLanes = 4096;
    constexpr std::int64_t kMaxBadSamples = std::int64_t{1} << 30;
    config.shuffle =
        data.choice({"shuffle", "order of an epoch: full permutes single images, window permutes blocks and mixes "
                                "those in memory; auto: window where an image is dear to read alone"},
                    config.shuffle, {"auto", "full", "window"});
    config.window =
        data.integer({"window", "in memory over all ranks, under a window shuffle; more mix better", "blocks"},
                     config.window, {1, kMaxWindow});
    config.lanes = data.integer({"lanes",
                                 "independent streams of blocks that feed a batch under a window shuffle, at most "
                                 "their greatest common divisor with it",
                                 "lanes"},
                                config.lanes, {1, kMaxLanes});
    const bool skip =
        data.choice(
            {"on_bad_sample",
             "what an image that cannot be read does to a run: ends it, or is replaced and listed in bad_samples.json"},
            "fail", {"fail", "skip"}) == "skip";
    config.on_bad_sample = skip ? OnBadSample::skip : OnBadSample::fail;
    config.max_bad_samples =
        data.integer({"max_bad_samples", "distinct ones that all ranks together may skip", "images"},
                     config.max_bad_samples, {0, kMaxBadSamples});
}

/// Where images and labels are, and how they are stored where that is not plain.
shards::DataSpec read_source(const config::Section& data) {
    shards::DataSpec source;
    source.path = data.required_text(
        {"path",
         "folder of shards, an HDF5 file, or several by a pattern (part-*.h5); {split} stands for the split's name"});
    source.images = data.text({"images", "data set or group that holds the images, or GROUP/*/DATASET for one in each "
                                         "group; empty: by its name and shape"},
                              "");
    source.labels = data.text({"labels", "data set, GROUP/*/DATASET, FILE:DATASET, FILE.csv:COLUMN, @ATTRIBUTE, group, "
                                         "or none; empty: by the usual names"},
                              "");
    source.axes = data.text({"axes", "a letter for each dimension of the images' array: N, H, W, C, 1 (docs/data.md), "
                                     "such as NCWH; empty: by its shape"},
                            "");
    source.range = data.numbers(
        {"range", "[low, high], the stored numbers that mean black and white; empty: whole numbers span their type"},
        {});
    source.roots = data.texts({"roots", "folders besides the data's own that links in HDF5 files may lead into"}, {});
    source.index_cache =
        data.flag({"index_cache", "keeps an index that took long beside its file"}, source.index_cache);
    if (!source.axes.empty()) {
        try {
            shards::Axes{shards::with_sample_axis(source.axes)};
        } catch (const ConfigError& error) {
            data.fail("axes", error.what());
        }
    }
    if (!source.range.empty() && (source.range.size() != 2 || !(source.range[0] < source.range[1]))) {
        data.fail("range", "expected [low, high]: the stored numbers that mean black and white");
    }
    return source;
}

/// How pixels are normalised; numbers and a rule that would measure others contradict each other.
void read_normalization(const config::Section& data, DataConfig& config) {
    static const std::vector<std::string> kRules = {"standard", "minmax", "robust", "fixed"};
    config.mean = data.numbers(
        {"mean", "of each channel, subtracted from pixels in [0, 1]; empty: measured as data.normalize says"}, {},
        {0.0, 1.0});
    config.std =
        data.numbers({"std", "of each channel, by which pixels are divided; given with mean"}, {}, {1e-6, 1.0});
    if (config.mean.size() != config.std.size()) {
        data.fail(config.mean.empty() ? "std" : "mean", "mean and std need one number per channel each, or neither");
    }
    const std::string rule = data.choice({"normalize",
                                          "how mean and std are measured on the training split: standard; minmax; "
                                          "robust (median, quartiles); fixed: those of data.mean and data.std",
                                          "", "standard; fixed where mean and std are given"},
                                         config.mean.empty() ? "standard" : "fixed", kRules);
    config.normalize =
        static_cast<Normalize>(std::find(kRules.begin(), kRules.end(), rule) - kRules.begin()); // in the enum's order
    if (config.normalize != Normalize::fixed && !config.mean.empty()) {
        data.fail("normalize", fmt::format("{} measures the training split, and mean and std are given; leave them "
                                           "out, or say fixed",
                                           rule));
    }
}

/// How images are shared out among splits that no file names.
void read_splits(const config::Section& data, shards::DataSpec& source) {
    source.split_by = data.text({"split_by", "where the name of each image's split is, written as labels are; empty: "
                                             "files and data sets are named after splits"},
                                "");
    source.split_seed = static_cast<std::uint64_t>(
        data.integer({"split_seed", "of the order in which split_shares deals out images"},
                     static_cast<std::int64_t>(source.split_seed), {0, std::int64_t{1} << 62}));
    const config::Section shares = data.section("split_shares");
    shares.about("splits that are dealt out of the images of one split, class by class; at most 1 in sum");
    data.may_be("split_shares", "{SPLIT: 0.1}");
    double total = 0;
    for (const std::string& split : shares.keys()) {
        const double share =
            shares.number(Key::of(split, "share of the images that this split gets", "", "none"), 1, {1e-6, 1.0});
        source.split_shares.push_back({split, share});
        total += share;
    }
    constexpr double kRounding = 1e-9;
    if (total > 1 + kRounding) {
        data.fail("split_shares", fmt::format("the shares make {}, which is more than 1", total));
    }
    if (!source.split_by.empty() && !source.split_shares.empty()) {
        data.fail("split_by", "does not go with split_shares; choose one");
    }
}

} // namespace

DataConfig read_data(const config::Section& data) {
    constexpr std::int64_t kMaxWorkers = 256;
    constexpr std::int64_t kMaxSlots = 64;
    const DataConfig defaults;
    DataConfig config;
    data.about("which images are trained and judged on, and how they are read");
    config.source = read_source(data);
    read_splits(data, config.source);
    config.train = data.text({"train", "split to train on"}, defaults.train);
    config.test = data.text({"test", "split to judge on"}, defaults.test);
    config.val = data.text({"val", "split that settings are chosen on; auto: one of the usual names, where there is "
                                   "one; none: a share of the training split"},
                           defaults.val);
    if (config.val == config.train || config.val == config.test) {
        data.fail("val", fmt::format("'{}' is the {} split; what is chosen on it needs images of its own: another "
                                     "split, auto, or none (a share of the training split)",
                                     config.val, config.val == config.train ? "training" : "test"));
    }
    read_normalization(data, config);
    config.workers = static_cast<int>(
        data.integer({"workers", "that load images, per rank; 0: the cores that the rank may use", "threads"},
                     defaults.workers, {0, kMaxWorkers}));
    config.slots =
        static_cast<int>(data.integer({"slots", "that are loaded ahead", "batches"}, defaults.slots, {2, kMaxSlots}));
    read_order(data, config);
    config.stage = data.text(
        {"stage", "folder on a disk of the node to copy the files to before training; empty: none"}, defaults.stage);
    if (config.normalize == Normalize::fixed && config.mean.empty()) {
        data.fail("normalize", "fixed needs mean and std, one number per channel each");
    }
    return config;
}

Shuffle fitting_shuffle(const shards::Dataset& dataset) {
    return dataset.single_reads_are_cheap() ? Shuffle::full : Shuffle::window;
}

LoaderOptions training_options(const DataConfig& config, const shards::Dataset& dataset) {
    LoaderOptions options;
    options.slots = config.slots;
    options.shuffle = config.shuffle == "auto"     ? fitting_shuffle(dataset)
                      : config.shuffle == "window" ? Shuffle::window
                                                   : Shuffle::full;
    options.window = config.window;
    options.lanes = config.lanes;
    options.on_bad_sample = config.on_bad_sample;
    options.max_bad_samples = config.max_bad_samples;
    return options;
}

std::string order_name(const LoaderOptions& options, const shards::Dataset& dataset) {
    if (options.shuffle == Shuffle::full) {
        return {};
    }
    const std::vector<std::int64_t>& starts = dataset.block_starts();
    Sha256 blocks;
    blocks.update(starts.data(), starts.size() * sizeof(starts[0]));
    const Windows windows = windows_of({options.seed, options.global_batch, options.lanes, options.window},
                                       static_cast<std::int64_t>(starts.size()) - 1);
    return fmt::format("windows of {} blocks in {} lanes, blocks {:.12}", windows.width, windows.lanes, blocks.hex());
}

} // namespace tacit::loader
