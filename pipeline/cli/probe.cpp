// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/judge.hpp"

namespace tacit::cli {
namespace {

void probe_options(OptionTable& table) {
    add_run_options(table);
    add_json_option(table);
}

ExitCode run_probe(const Call& call) {
    return judge(call, &eval::Evaluation::linear, [](eval::EvalConfig&) {});
}

} // namespace

Command probe_command() {
    return {"probe",
            "RUN [options]",
            "linear probe of a run, beside raw pixels and a random encoder",
            "Settings: section eval.linear of the run's config. Writes eval/linear.json into the run folder.",
            Ranks::many,
            {{"run", 1}},
            probe_options,
            run_probe};
}

} // namespace tacit::cli
