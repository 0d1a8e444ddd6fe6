// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace tacit::dist {

/// Looks up an environment variable; nullptr when unset (std::getenv, or a table in tests).
using EnvironmentLookup = std::function<const char*(const char*)>;

/// What Tacit is linked with. Each joins the processes of its own launchers: Open MPI by PMIx, MPICH and what comes of
/// it (Intel MPI, MVAPICH) by PMI, and by PMIx where it is built for it.
enum class MpiKind { open_mpi, mpich };

MpiKind linked_mpi();

/// Who started this process, as the environment tells. Environment variables decide only whether MPI is
/// used; rank and size come from MPI itself, because srun and mpirun inside sbatch set misleading ones.
enum class Launcher {
    none,    ///< started directly: one rank without MPI
    mpi,     ///< mpirun or mpiexec, or srun with what `kind` speaks
    mismatch ///< several tasks that this MPI cannot join (srun --mpi=none; another MPI's mpiexec)
};

Launcher detect_launcher(MpiKind kind, const EnvironmentLookup& lookup);

/// How many processes the launcher says that it started; 1 when it says nothing. Only for telling that MPI did not
/// join them: MPI_COMM_WORLD of one rank where this is more.
int started_processes(const EnvironmentLookup& lookup);

/// How the job of ranks that this process is one of is asked for a stop that leaves time for it, in words that follow
/// "to stop the run with a checkpoint": an interrupt of mpirun or srun leaves none. Empty: nothing started it but a
/// person, whose Ctrl-C it gets itself.
std::string stop_advice(const EnvironmentLookup& lookup);

/// One line for processes that cannot be joined: what was found and which command to use instead.
std::string launcher_advice(MpiKind kind, const EnvironmentLookup& lookup);

} // namespace tacit::dist
