// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/pretrain.hpp"

#include "eval/eval_config.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/local_ranks.hpp"
#include "pipeline/cli/option_groups.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <filesystem>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void pretrain_options(OptionTable& table) {
    add_config_options(table);
    table.add_options()("run", po::value<std::string>()->value_name("FOLDER"),
                        "run folder; default: runs/<name of the config>")(
        "resume", po::value<std::string>()->value_name("HOW")->default_value("auto"),
        "auto: go on from the newest checkpoint of the run folder, if any; never: start afresh "
        "(refused where there are checkpoints); "
        "or the checkpoint or run folder to go on from")(
        "dry-run", po::bool_switch(),
        "check config, data, shapes and ranks, try a few steps, say how long all would take, write nothing")(
        "print-config", po::bool_switch(), "print every value of the config with its origin, and end");
}

ExitCode run_pretrain(const Call& call) {
    config::Document document = read_config(call);
    const train::SectionReader read_eval = [](const config::Section& section) { eval::read_eval(section); };
    if (call.flag("print-config")) {
        train::plan_experiment(document, call.comm, read_eval);
        call.answer(document.resolved_yaml_with_origins());
        return ExitCode::done;
    }
    train::PretrainOptions wanted;
    const std::string stem = std::filesystem::path(call.text("config")).stem().string();
    wanted.run_folder =
        call.given("run") ? call.required_text("run", "--run FOLDER must name a folder") : "runs/" + stem;
    wanted.resume = call.text("resume");
    wanted.dry_run = call.flag("dry-run");
    wanted.guarded = under_guard();
    wanted.command_line = call.command_line;
    wanted.read_eval = read_eval;
    return train::pretrain(document, wanted, call.comm);
}

} // namespace

Command pretrain_command() {
    Command command = {
        "pretrain",
        "CONFIG [--ranks N] [--set KEY=VALUE]... [options]",
        "learn an encoder without labels (the main job)",
        "example: tacit pretrain configs/fashion-mnist/simclr.yaml --ranks 2 --set train.epochs=5\n"
        "Ctrl-C, SIGTERM and SIGUSR1 end it with a checkpoint and exit code 75; the same command goes on.\n"
        "Started by mpirun or srun instead of --ranks: send SIGUSR1, since mpirun kills its ranks a second\n"
        "after Ctrl-C; the state after the last whole step is then written at once, if a second is enough.",
        Ranks::many,
        {{"config", 1}},
        pretrain_options,
        run_pretrain};
    command.resumable = true;
    return command;
}

} // namespace tacit::cli
