// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/train/experiment.hpp"
#include "pipeline/train/run/run_folder.hpp"
#include "pipeline/train/state/checkpoint.hpp"
#include "pipeline/train/step/trainer.hpp"

#include <optional>
#include <string>

namespace tacit::train {

/// The state that a new checkpoint of `experiment` shares with its others; step, window and loss are the caller's.
Manifest manifest_of(const Experiment& experiment, const dist::Communicator& comm);

/// That a run is complete, and what may be done with it.
std::string finished_text(const std::string& folder, std::int64_t step, const Experiment& experiment);

/// Collective. Throws what resume() would throw for settings and data; says on rank 0 what it would go on from. Returns
/// that step; 0: from none.
std::int64_t check_resume(const Experiment& experiment, const std::string& choice, const RunPaths& paths,
                          dist::Communicator& comm);

/// Collective. Brings model, optimiser and position to a checkpoint, if `choice` names one:
/// "auto": the newest of the run folder that verifies, if any; "never": none (ConfigError when the folder
/// has checkpoints); else a checkpoint folder, or a run folder whose newest is taken.
/// Rank 0 decides and reads, all ranks get its bytes. Throws ConfigError naming every setting that may not
/// differ and does, and when the data set is another.
std::optional<Manifest> resume(Experiment& experiment, Trainer& trainer, const std::string& choice,
                               const RunPaths& paths, dist::Communicator& comm);

} // namespace tacit::train
