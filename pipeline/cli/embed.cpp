// SPDX-License-Identifier: Apache-2.0
#include "dist/launch/launch_line.hpp"
#include "eval/evaluation.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void embed_options(OptionTable& table) {
    add_run_options(table);
    table.add_options()("split", po::value<std::vector<std::string>>()->value_name("NAME"),
                        "split to embed, repeatable; default: the run's training and test splits")(
        "no-pictures", po::bool_switch(), "leave out the map and the nearest neighbours");
    add_json_option(table);
}

ExitCode run_embed(const Call& call) {
    JudgedRun judged = load_judged_run(call);
    std::vector<std::string> splits = call.texts("split");
    if (splits.empty()) {
        splits = {judged.run.data.train, judged.run.data.test};
    }
    eval::Evaluation evaluation(judged.run, judged.config, call.comm,
                                dist::launch_line(call.command_line, call.comm.size()));
    nlohmann::ordered_json files = nlohmann::ordered_json::object();
    for (const std::string& split : splits) {
        files[split] = evaluation.embed(split);
        log::info("wrote " + files[split].get<std::string>());
    }
    if (!call.flag("no-pictures") && !evaluation.pictures()) {
        log::info("the map and the nearest neighbours stay those of the run's own data");
    }
    const std::string folder = train::RunPaths(judged.run.folder).features();
    auto kept = nlohmann::ordered_json::array();
    log::info("features kept in " + folder + ":");
    for (const eval::KeptFeatures& file : eval::kept_features(folder)) {
        log::info(fmt::format("  {}: {} images, split {} of {}, {}", file.path, file.images, file.origin.split,
                              file.origin.data, file.origin.checkpoint));
        kept.push_back({{"file", file.path},
                        {"images", file.images},
                        {"split", file.origin.split},
                        {"data", file.origin.data},
                        {"checkpoint", file.origin.checkpoint}});
    }
    if (call.json()) {
        call.answer(json_text(nlohmann::ordered_json{{"files", files}, {"kept", kept}}, 2));
    }
    return ExitCode::done;
}

} // namespace

Command embed_command() {
    return {"embed",
            "RUN [options]",
            "write a run's features (HDF5), their 2-D map and nearest neighbours",
            "Writes features/<split>.h5, and for the report eval/map.json, eval/neighbours.json and a picture. "
            "Features of\n"
            "other data than the run's own (--data) go to features/<split>-<digest of the data>.h5.",
            Ranks::many,
            {{"run", 1}},
            embed_options,
            run_embed};
}

} // namespace tacit::cli
