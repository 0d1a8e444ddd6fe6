// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::cli {

inline constexpr std::int64_t kMostLocalRanks = 4096;

/// Runs `words`, the command line of this process, as `ranks` ranks on this host, by the mpirun in PATH, and guards
/// them: the ranks and mpirun are no part of the terminal's foreground, so that Ctrl-C reaches this process alone. The
/// first SIGINT, SIGTERM, SIGHUP or SIGUSR1 goes to the ranks as SIGUSR1 if the command is `resumable`, which then end
/// by themselves, however long their step takes; a second SIGINT ends them at once, and so does the first one where the
/// command is not resumable. Returns their exit code. Throws Error where there is no mpirun.
ExitCode run_local_ranks(int ranks, const std::vector<std::string>& words, bool resumable);

/// Whether this process is a rank of run_local_ranks().
bool under_guard();

/// To be called first in a process: a rank of run_local_ranks() ignores SIGUSR1 except while it trains, because that
/// comes until the rank ends.
void heed_guard();

/// Throws ConfigError unless --ranks `asked` is the `size` of the job that mpirun or srun started.
void check_ranks(int asked, int size);

} // namespace tacit::cli
