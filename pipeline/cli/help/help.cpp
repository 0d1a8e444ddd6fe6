// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/help/config_help.hpp"
#include "pipeline/cli/help/metric_pages.hpp"

#include <boost/program_options/value_semantic.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void config_options(OptionTable& table) {
    table.add_options()("topic", po::value<std::string>()->value_name("SECTION")->default_value(""),
                        "a section or a key; default: a list of the sections")("markdown", po::bool_switch(),
                                                                               "all of it as docs/config.md has it");
}

ExitCode run_config_help(const Call& call) {
    call.answer(call.flag("markdown") ? config_page() : config_help(call.text("topic")));
    return ExitCode::done;
}

void metrics_options(OptionTable& table) {
    table.add_options()("markdown", po::bool_switch(), "all of it as docs/metrics.md has it");
}

ExitCode run_metrics_help(const Call& call) {
    call.answer(call.flag("markdown") ? metrics_page() : metrics_help());
    return ExitCode::done;
}

} // namespace

Command help_metrics_command() {
    return {"help metrics",
            "[options]",
            "say what is logged in training and scored in judging, and what is healthy",
            "",
            Ranks::one,
            {},
            metrics_options,
            run_metrics_help};
}

Command help_config_command() {
    return {"help config",
            "[SECTION[.KEY]] [options]",
            "say what the keys of a config mean, with units, ranges and defaults",
            "example: tacit help config optim.schedule",
            Ranks::one,
            {{"topic", 1}},
            config_options,
            run_config_help};
}

} // namespace tacit::cli
