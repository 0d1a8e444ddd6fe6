// SPDX-License-Identifier: Apache-2.0
#include "eval/evaluation.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"

#include <boost/program_options/value_semantic.hpp>
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
    if (splits.empty())
        splits = {judged.run.data.train, judged.run.data.test};
    eval::Evaluation evaluation(judged.run, judged.config, call.comm);
    nlohmann::ordered_json files = nlohmann::ordered_json::object();
    for (const std::string& split : splits) {
        files[split] = evaluation.embed(split);
        log::info("wrote " + files[split].get<std::string>());
    }
    if (!call.flag("no-pictures"))
        evaluation.pictures();
    if (call.json())
        call.answer(json_text(files, 2));
    return ExitCode::done;
}

} // namespace

Command embed_command() {
    return {"embed",
            "RUN [options]",
            "write a run's features (HDF5), their 2-D map and nearest neighbours",
            "Writes features/<split>.h5, and for the report eval/map.json, eval/neighbours.json and a picture.",
            Ranks::many,
            {{"run", 1}},
            embed_options,
            run_embed};
}

} // namespace tacit::cli
