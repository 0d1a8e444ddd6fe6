// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/commands.hpp"

namespace tacit::cli {

std::vector<Command> all_commands() {
    return {data_import_command(),   data_inspect_command(), data_stats_command(), data_preview_command(),
            data_verify_command(),   data_pack_command(),    pretrain_command(),   probe_command(),
            knn_command(),           finetune_command(),     embed_command(),      export_command(),
            report_command(),        runs_command(),         bench_step_command(), bench_loader_command(),
            bench_augment_command(), doctor_command(),       version_command()};
}

} // namespace tacit::cli
