// SPDX-License-Identifier: Apache-2.0
#include "dist/launch/launcher.hpp"

#include "dist/communicator.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <initializer_list>

namespace tacit::dist {
namespace {

constexpr const char* kOpenMpiSize = "OMPI_COMM_WORLD_SIZE";
constexpr const char* kPmiSize = "PMI_SIZE"; // mpiexec of MPICH and Intel MPI, srun --mpi=pmi2
constexpr const char* kSlurmSize = "SLURM_STEP_NUM_TASKS";

int number(const EnvironmentLookup& lookup, const char* name) {
    const char* text = lookup(name);
    return text == nullptr ? 0 : std::atoi(text);
}

bool any_set(const EnvironmentLookup& lookup, std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* name) { return lookup(name) != nullptr; });
}

} // namespace

Launcher detect_launcher(MpiKind kind, const EnvironmentLookup& lookup) {
    const bool joined = kind == MpiKind::open_mpi
                            ? any_set(lookup, {kOpenMpiSize, "PMIX_RANK"})
                            : any_set(lookup, {"PMI_RANK", "PMI_FD", "PMI_PORT", "PMIX_RANK", kOpenMpiSize});
    if (joined) {
        return Launcher::mpi;
    }
    return started_processes(lookup) > 1 ? Launcher::mismatch : Launcher::none;
}

int started_processes(const EnvironmentLookup& lookup) {
    for (const char* name : {kOpenMpiSize, kPmiSize, kSlurmSize}) { // mpirun within a step knows better than the step
        if (const int tasks = number(lookup, name); tasks > 0) {
            return tasks;
        }
    }
    return 1;
}

std::string stop_advice(const EnvironmentLookup& lookup) {
    if (any_set(lookup, {"SLURM_STEP_ID"}) && !any_set(lookup, {kOpenMpiSize})) {
        const char* const job = lookup("SLURM_JOB_ID");
        return fmt::format("scancel --signal=USR1 {}.{} (srun answers one Ctrl-C with the state of its tasks, and at a "
                           "second one kills them)",
                           job == nullptr ? "JOB" : job, lookup("SLURM_STEP_ID"));
    }
    if (any_set(lookup, {kOpenMpiSize, "PMIX_RANK", "PMI_RANK"})) {
        return fmt::format("send SIGUSR1 to mpirun (which kills its ranks a second after Ctrl-C; `tacit pretrain "
                           "--ranks {}` waits for them)",
                           started_processes(lookup));
    }
    return "";
}

std::string launcher_advice(MpiKind kind, const EnvironmentLookup& lookup) {
    const bool open_mpi = kind == MpiKind::open_mpi;
    const char* const mpi = open_mpi ? "Open MPI" : "MPICH";
    if (any_set(lookup, {kSlurmSize}) && !any_set(lookup, {kOpenMpiSize})) {
        return fmt::format("srun started {} tasks (this is task {}) in a way that {} cannot join; "
                           "use 'srun --mpi={} …', or 'mpirun …' inside the allocation",
                           number(lookup, kSlurmSize), number(lookup, "SLURM_PROCID"), mpi, open_mpi ? "pmix" : "pmi2");
    }
    return fmt::format(
        "a launcher of another MPI started {} processes; this Tacit is linked with {}: use the 'mpirun …' "
        "or 'mpiexec …' that belongs to it",
        started_processes(lookup), mpi);
}

bool launched_by_mpi() {
    return detect_launcher(linked_mpi(), [](const char* name) { return std::getenv(name); }) != Launcher::none;
}

} // namespace tacit::dist
