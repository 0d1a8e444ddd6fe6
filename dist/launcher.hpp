// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace tacit::dist {

/// Looks up an environment variable; nullptr when unset (std::getenv, or a table in tests).
using EnvironmentLookup = std::function<const char*(const char*)>;

/// Who started this process, as the environment tells. Environment variables decide only whether MPI is
/// used; rank and size come from MPI itself, because srun and mpirun inside sbatch set misleading ones.
enum class Launcher {
    none,    ///< started directly: one rank without MPI
    mpi,     ///< mpirun, or srun --mpi=pmix
    mismatch ///< several tasks whose launcher does not speak PMIx (srun --mpi=none, pmi2; another MPI's mpiexec)
};

Launcher detect_launcher(const EnvironmentLookup& lookup);

/// One line for Launcher::mismatch: what was found and which command to use instead.
std::string launcher_advice(const EnvironmentLookup& lookup);

} // namespace tacit::dist
