// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/commands.hpp"

namespace tacit::cli {

std::vector<Command> all_commands() {
    std::vector<Command> commands = {data_import_command(),  data_inspect_command(), data_stats_command(),
                                     data_preview_command(), data_verify_command(),  data_pack_command(),
                                     pretrain_command()};
    for (Command& command : protocol_commands()) {
        commands.push_back(std::move(command));
    }
    for (Command (*make)() :
         {embed_command, export_command, report_command, runs_command, bench_step_command, bench_loader_command,
          bench_augment_command, doctor_command, version_command, help_config_command, help_metrics_command}) {
        commands.push_back(make());
    }
    return commands;
}

} // namespace tacit::cli
