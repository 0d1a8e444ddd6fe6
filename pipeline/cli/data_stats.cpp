// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/progress.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/statistics.hpp"
#include "pipeline/train/threads.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void options(OptionTable& table) {
    table.add_options()("path", po::value<std::string>()->value_name("PATH"),
                        "folder of shards or HDF5 file; required")(
        "split", po::value<std::string>()->value_name("NAME")->default_value("train"), "split to measure")(
        "threads", po::value<std::int64_t>()->value_name("N")->default_value(0), "0: as many as cores");
    add_json_option(table);
}

nlohmann::ordered_json class_counts(const shards::DatasetInfo& info, const shards::Statistics& statistics) {
    nlohmann::ordered_json counts = nlohmann::ordered_json::object();
    for (std::size_t label = 0; label < statistics.class_counts.size(); ++label)
        counts[label < info.classes.size() ? info.classes[label] : std::to_string(label)] =
            statistics.class_counts[label];
    return counts;
}

std::string json_of(const shards::DatasetInfo& info, const shards::Statistics& statistics) {
    nlohmann::ordered_json pairs = nlohmann::ordered_json::array();
    for (const shards::DuplicatePair& pair : statistics.duplicate_examples)
        pairs.push_back({pair.first, pair.second});
    const nlohmann::ordered_json json = {
        {"path", info.path},
        {"split", info.split},
        {"source", info.source},
        {"images", info.size},
        {"channels", info.channels},
        {"height", {statistics.min_height, statistics.max_height}},
        {"width", {statistics.min_width, statistics.max_width}},
        {"mean", statistics.mean},
        {"std", statistics.std},
        {"min", statistics.min},
        {"max", statistics.max},
        {"classes", class_counts(info, statistics)},
        {"unlabelled", statistics.unlabelled},
        {"duplicates", statistics.duplicates},
        {"duplicate_examples", pairs},
        {"seconds", statistics.seconds},
    };
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string span_text(int low, int high) {
    return low == high ? std::to_string(low) : fmt::format("{}..{}", low, high);
}

std::string text_of(const shards::DatasetInfo& info, const shards::Statistics& statistics) {
    std::string text = fmt::format("images      {} ({} of {}, from {})\n", info.size, info.split, info.path,
                                   info.source.empty() ? "an unnamed source" : info.source);
    text += fmt::format("size        {} x {} pixels, {} channels\n",
                        span_text(statistics.min_height, statistics.max_height),
                        span_text(statistics.min_width, statistics.max_width), info.channels);
    text += fmt::format("mean        {:.4f}\nstd         {:.4f}\n", fmt::join(statistics.mean, " "),
                        fmt::join(statistics.std, " "));
    text +=
        fmt::format("min         {}\nmax         {}\n", fmt::join(statistics.min, " "), fmt::join(statistics.max, " "));
    text += fmt::format("duplicates  {}\n", statistics.duplicates);
    for (const shards::DuplicatePair& pair : statistics.duplicate_examples)
        text += fmt::format("            image {} equals image {}\n", pair.second, pair.first);
    text += fmt::format("unlabelled  {}\n", statistics.unlabelled);
    const nlohmann::ordered_json counts = class_counts(info, statistics);
    for (const auto& [name, count] : counts.items())
        text += fmt::format("  {:<24} {}\n", name, count.get<std::int64_t>());
    return text + fmt::format("measured in {}\n", duration_text(statistics.seconds));
}

ExitCode run(const Call& call) {
    const std::string path = call.required_text("path", "tacit data stats PATH measures a split");
    const auto dataset = shards::Dataset::open(path, call.text("split"));
    const auto threads = static_cast<int>(call.integer_in("threads", 0, 1024));
    ProgressOptions shown;
    shown.label = "measure";
    shown.total = dataset.info().size;
    Progress progress(shown);
    const shards::Statistics statistics =
        shards::measure_statistics(dataset, threads > 0 ? threads : train::cores_of_rank(call.comm),
                                   [&](std::int64_t done, std::int64_t) { progress.update(done); });
    call.answer(call.json() ? json_of(dataset.info(), statistics) : text_of(dataset.info(), statistics));
    return ExitCode::done;
}

} // namespace

Command data_stats_command() {
    return {"data stats",
            "PATH [options]",
            "measure a split: mean, std, range, classes, duplicates; verifies checksums",
            "",
            Ranks::one,
            {{"path", 1}},
            options,
            run};
}

} // namespace tacit::cli
