// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/launch/launcher.hpp"

#include <string>
#include <vector>

namespace tacit::dist {

/// Processes from this one upwards: the words of each, its own first; as many as can be read.
using Ancestors = std::vector<std::vector<std::string>>;

/// Of this process, as /proc tells.
Ancestors ancestors();

/// The command that started a job, as one would type it into a shell: `words` behind the mpirun, mpiexec or srun that
/// started this rank with `ranks` ranks, or `tacit … --ranks N` where that started mpirun itself. Words are quoted.
std::string launch_line(const std::vector<std::string>& words, int ranks, const Ancestors& ancestors,
                        const EnvironmentLookup& lookup);

/// The same for this process.
std::string launch_line(const std::vector<std::string>& words, int ranks);

} // namespace tacit::dist
