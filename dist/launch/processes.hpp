// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace tacit::dist {

/// A process of this host, as /proc tells.
struct Process {
    pid_t id = 0;
    pid_t parent = 0;
    bool stopped = false; ///< by SIGSTOP or a debugger
};

/// Zeros where there is no such process.
Process process_of(pid_t id);
/// The words of its command; none where they cannot be read.
std::vector<std::string> words_of(pid_t id);
/// Those of this host that the job of process `id` consists of by their environment, wrappers and this process among
/// them, by id; where no launcher names a job there, those of the same parent. Never throws for what /proc lacks.
std::vector<Process> processes_of_job(pid_t id);

/// The number that the launcher gave a process of its job, by its environment; -1 where it gave none, or cannot be
/// read.
int launched_rank(pid_t id);

} // namespace tacit::dist
