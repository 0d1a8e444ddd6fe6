// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/launch_line.hpp"
#include "eval/evaluation.hpp"
#include "pipeline/cli/option_groups.hpp"

namespace tacit::cli {

/// Collective: loads the run that the options name, lets `change` adjust its evaluation options, runs one protocol
/// of eval::Evaluation and prints the result as a table or JSON. What probe, knn and finetune have in common.
template <class Change>
ExitCode judge(const Call& call, eval::EvalResult (eval::Evaluation::*protocol)(), Change change) {
    JudgedRun judged = load_judged_run(call);
    change(judged.config);
    eval::Evaluation evaluation(judged.run, judged.config, call.comm,
                                dist::launch_line(call.command_line, call.comm.size()));
    const eval::EvalResult result = (evaluation.*protocol)();
    call.answer(call.json() ? eval::to_json(result) : eval::as_table(result));
    return ExitCode::done;
}

} // namespace tacit::cli
