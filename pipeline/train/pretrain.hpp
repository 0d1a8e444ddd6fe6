// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/train/experiment.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tacit::train {

struct PretrainOptions {
    std::string run_folder;
    std::string resume = "auto";           ///< auto, never, or a checkpoint or run folder (resume.hpp)
    bool dry_run = false;                  ///< build all, try a few steps, say how long all would take, write nothing
    bool guarded = false;                  ///< a stop waits for the step's end, whatever the launcher does (--ranks)
    std::vector<std::string> command_line; ///< for environment.json
    SectionReader read_eval;               ///< reads the `eval` section (eval::read_eval)
    /// Called on every rank with the number of completed steps after each; may call request_stop().
    std::function<void(std::int64_t)> on_step;
};

/// Collective: the main job. Trains what `document` describes into the run folder, from its newest
/// checkpoint if there is one. Returns done (also when the run was finished before), or requeue after a
/// signal, when a checkpoint was written at a step's end and the same command goes on from there.
/// Throws Error; a failure on one rank alone is for the caller to spread (Communicator::abort).
ExitCode pretrain(config::Document& document, const PretrainOptions& options, dist::Communicator& comm);

} // namespace tacit::train
