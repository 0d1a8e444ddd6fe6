// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/judge.hpp"

#include <boost/program_options/value_semantic.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void finetune_options(OptionTable& table) {
    add_run_options(table);
    table.add_options()("labels", po::value<double>()->value_name("SHARE"),
                        "share of the training labels, in (0, 1]; default: the config's")(
        "draws", po::value<std::int64_t>()->value_name("N"), "independent draws of the labels; default: the config's")(
        "epochs", po::value<std::int64_t>()->value_name("N"), "default: the config's");
    add_json_option(table);
}

ExitCode run_finetune(const Call& call) {
    return judge(call, &eval::Evaluation::finetune, [&](eval::EvalConfig& config) {
        if (call.given("labels")) {
            config.finetune.fraction = call.number_in("labels", 1e-9, 1);
            config.finetune.per_class = 0;
        }
        if (call.given("draws"))
            config.finetune.draws = static_cast<int>(call.integer_in("draws", 1, 1000));
        if (call.given("epochs"))
            config.finetune.epochs = call.integer_in("epochs", 1, 1000000);
    });
}

} // namespace

Command finetune_command() {
    return {
        "finetune",
        "RUN [options]",
        "fine-tune a run with few labels, beside the same network trained from scratch",
        "Further settings: section eval.finetune of the run's config. Writes eval/finetune.json into the run folder.",
        Ranks::many,
        {{"run", 1}},
        finetune_options,
        run_finetune};
}

} // namespace tacit::cli
