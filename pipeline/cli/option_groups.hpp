// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/eval_config.hpp"
#include "pipeline/cli/command.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/train/run/run_folder.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tacit::cli {

/// --json
void add_json_option(OptionTable& table);

/// --config, --set; `purpose` says what the config is for.
void add_config_options(OptionTable& table, const char* purpose = "what to do, in YAML; required");
/// Collective: the config that --config and --set give. Rank 0 reads the file for all.
config::Document read_config(const Call& call);
/// The same for commands that work without --config: --set alone then makes the config.
config::Document read_config_or_none(const Call& call);

/// --run, --checkpoint, --data, --device, --set
void add_run_options(OptionTable& table);

/// A run that --run, --checkpoint and --data name, ready to be judged.
struct JudgedRun {
    std::unique_ptr<dist::Communicator> self; ///< the encoder works on one rank at a time
    train::LoadedRun run;
    eval::EvalConfig config; ///< the `eval` section of the run's config
};

/// A setting of the `eval` section, as Document::set() takes it, and where it comes from.
struct ConfigChange {
    std::string assignment;
    std::string origin;
};

/// Collective. --set, --device and then `changes` change the `eval` section of the run's config. Throws ConfigError for
/// --set of another section.
JudgedRun load_judged_run(const Call& call, std::vector<ConfigChange> changes = {});

} // namespace tacit::cli
