// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/data/data_options.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/statistics/statistics.hpp"
#include "pipeline/train/machine/threads.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void data_stats_options(OptionTable& table) {
    table.add_options()("path", po::value<std::string>()->value_name("PATH"),
                        "folder of shards or HDF5 file; required")(
        "split", po::value<std::string>()->value_name("NAME")->default_value("train"), "split to measure")(
        "threads", po::value<std::int64_t>()->value_name("N")->default_value(0), "0: as many as cores");
    add_data_options(table);
    add_json_option(table);
}

/// Name and number of images of every class. A list: JSON in this order searches all names for each that is set.
std::vector<std::pair<std::string, std::int64_t>> class_counts(const shards::DatasetInfo& info,
                                                               const shards::Statistics& statistics) {
    std::vector<std::pair<std::string, std::int64_t>> counts;
    for (std::size_t label = 0; label < statistics.class_counts.size(); ++label) {
        counts.emplace_back(label < info.classes.size() ? info.classes[label] : std::to_string(label),
                            statistics.class_counts[label]);
    }
    return counts;
}

/// One figure of every channel.
template <class Get>
std::vector<double> each_channel(const std::vector<shards::ChannelStatistics>& channels, const Get& get) {
    std::vector<double> figures;
    for (const shards::ChannelStatistics& channel : channels) {
        figures.push_back(get(channel));
    }
    return figures;
}

/// Name and figures of what is measured, in the order in which it is shown.
std::vector<std::pair<std::string, std::vector<double>>>
figures_of(const std::vector<shards::ChannelStatistics>& channels) {
    std::vector<std::pair<std::string, std::vector<double>>> figures;
    figures.emplace_back("mean", each_channel(channels, [](const auto& channel) { return channel.mean; }));
    figures.emplace_back("std", each_channel(channels, [](const auto& channel) { return channel.std; }));
    figures.emplace_back("min", each_channel(channels, [](const auto& channel) { return channel.min; }));
    for (const int percent : shards::kPercents) {
        figures.emplace_back(fmt::format("p{}", percent), each_channel(channels, [percent](const auto& channel) {
                                 return channel.percentile(percent);
                             }));
    }
    figures.emplace_back("max", each_channel(channels, [](const auto& channel) { return channel.max; }));
    return figures;
}

nlohmann::ordered_json json_of(const std::vector<shards::ChannelStatistics>& channels) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const auto& [name, figures] : figures_of(channels)) {
        if (!figures.empty()) {
            json[name] = figures;
        }
    }
    return json;
}

std::string json_of(const shards::DatasetInfo& info, const shards::Statistics& statistics) {
    nlohmann::ordered_json pairs = nlohmann::ordered_json::array();
    for (const shards::DuplicatePair& pair : statistics.duplicates.examples) {
        pairs.push_back({pair.first, pair.second});
    }
    const auto counts = class_counts(info, statistics);
    const nlohmann::ordered_json json = {
        {"path", info.path},
        {"split", info.split},
        {"source", info.source},
        {"images", info.size},
        {"channels", info.channels},
        {"height", {statistics.min_height, statistics.max_height}},
        {"width", {statistics.min_width, statistics.max_width}},
        {"element", shards::element_name(info.element)},
        {"value_range", info.value_range},
        {"stored", json_of(statistics.stored)},
        {"scaled", json_of(statistics.scaled)},
        {"outside_of_range", statistics.outside},
        {"nan", statistics.not_finite.nan},
        {"infinite", statistics.not_finite.infinite},
        {"not_finite_images", statistics.not_finite_images},
        {"first_not_finite", statistics.first_not_finite},
        {"classes", nlohmann::ordered_json::object_t(counts.begin(), counts.end())},
        {"unlabelled", statistics.unlabelled},
        {"duplicates", statistics.duplicates.count},
        {"duplicate_examples", pairs},
        {"passes", statistics.passes},
        {"seconds", statistics.seconds},
    };
    return json_text(json, 2);
}

std::string span_text(int low, int high) {
    return low == high ? std::to_string(low) : fmt::format("{}..{}", low, high);
}

/// A line a figure, a column a channel.
std::string table_of(const std::vector<shards::ChannelStatistics>& channels) {
    std::string text;
    for (const auto& [name, figures] : figures_of(channels)) {
        text += fmt::format("  {:<6}", name);
        for (const double figure : figures) {
            text += fmt::format(" {:>11.6g}", figure);
        }
        text += "\n";
    }
    return text;
}

std::string numbers_text(const shards::DatasetInfo& info, const shards::Statistics& statistics) {
    std::string text;
    if (statistics.not_finite_images > 0) {
        text += fmt::format("not finite  {} NaN and {} infinite values in {} images, the first one is image {}; all "
                            "figures leave them out\n",
                            statistics.not_finite.nan, statistics.not_finite.infinite, statistics.not_finite_images,
                            statistics.first_not_finite);
    }
    text += fmt::format("as stored ({}), a column a channel\n{}", shards::element_name(info.element),
                        table_of(statistics.stored));
    if (statistics.scaled.empty()) {
        return text + "no range is known: say with --range LO:HI (data.range) which numbers mean black and white\n";
    }
    text += fmt::format("as trained on: black ({}) is 0, white ({}) is 1\n{}", info.value_range[0], info.value_range[1],
                        table_of(statistics.scaled));
    if (statistics.outside > 0) {
        text +=
            fmt::format("outside     {} values lie outside of the range and count as its ends\n", statistics.outside);
    }
    return text;
}

std::string text_of(const shards::DatasetInfo& info, const shards::Statistics& statistics) {
    std::string text = fmt::format("images      {} ({} of {}, from {})\n", info.size, info.split, info.path,
                                   info.source.empty() ? "an unnamed source" : info.source);
    text += fmt::format(
        "size        {} x {} pixels, {} channel{}\n", span_text(statistics.min_height, statistics.max_height),
        span_text(statistics.min_width, statistics.max_width), info.channels, info.channels == 1 ? "" : "s");
    text += numbers_text(info, statistics);
    text += fmt::format("duplicates  {}\n", statistics.duplicates.count);
    for (const shards::DuplicatePair& pair : statistics.duplicates.examples) {
        text += fmt::format("            image {} equals image {}\n", pair.second, pair.first);
    }
    text += fmt::format("unlabelled  {}\n", statistics.unlabelled);
    for (const auto& [name, count] : class_counts(info, statistics)) {
        text += fmt::format("  {:<24} {}\n", name, count);
    }
    return text + fmt::format("measured in {} ({} pass{} over the images)\n", duration_text(statistics.seconds),
                              statistics.passes, statistics.passes == 1 ? "" : "es");
}

ExitCode run_data_stats(const Call& call) {
    const shards::DataSpec spec = data_spec(call, "tacit data stats PATH measures a split");
    const auto threads = static_cast<int>(call.integer_in("threads", 0, 1024));
    const auto dataset = shards::Dataset::open(spec, call.text("split"));
    ProgressOptions shown;
    shown.label = "measure";
    shown.total = dataset.info().size;
    Progress progress(shown);
    shards::StatisticsOptions wanted;
    wanted.threads = threads > 0 ? threads : train::cores_of_rank(call.comm);
    wanted.progress = [&](std::int64_t done, std::int64_t total) {
        progress.set_total(total);
        progress.update(done);
    };
    const shards::Statistics statistics = shards::measure_statistics(dataset, wanted);
    call.answer(call.json() ? json_of(dataset.info(), statistics) : text_of(dataset.info(), statistics));
    return ExitCode::done;
}

} // namespace

Command data_stats_command() {
    return {"data stats",
            "PATH [options]",
            "measure a split: mean, std, percentiles, classes, duplicates; verifies checksums",
            "Percentiles of f32 take a second pass over the images, those of f64 a third and fourth.",
            Ranks::one,
            {{"path", 1}},
            data_stats_options,
            run_data_stats};
}

} // namespace tacit::cli
