// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/cli/command.hpp"

#include <vector>

namespace tacit::cli {

// One function a subcommand, each in the file of its name.
Command data_import_command();
Command data_inspect_command();
Command data_stats_command();
Command data_verify_command();
Command data_pack_command();
Command data_preview_command();
Command pretrain_command();
/// One for each protocol of the registry: tacit probe, tacit knn, …
std::vector<Command> protocol_commands();
Command embed_command();
Command export_command();
Command report_command();
Command runs_command();
Command bench_step_command();
Command bench_loader_command();
Command bench_augment_command();
Command doctor_command();
Command version_command();
Command help_config_command();
Command help_metrics_command();

/// Every command, in the order in which `tacit --help` lists them.
std::vector<Command> all_commands();

} // namespace tacit::cli
