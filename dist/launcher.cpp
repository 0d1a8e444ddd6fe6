// SPDX-License-Identifier: Apache-2.0
#include "dist/launcher.hpp"

#include "dist/communicator.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

namespace tacit::dist {
namespace {

int task_count(const EnvironmentLookup& lookup, const char* name) {
    const char* text = lookup(name);
    return text == nullptr ? 0 : std::atoi(text);
}

bool is_set(const EnvironmentLookup& lookup, const char* name) {
    return lookup(name) != nullptr;
}

} // namespace

Launcher detect_launcher(const EnvironmentLookup& lookup) {
    if (is_set(lookup, "OMPI_COMM_WORLD_SIZE") || is_set(lookup, "PMIX_RANK")) {
        return Launcher::mpi;
    }
    const int tasks = std::max(task_count(lookup, "SLURM_STEP_NUM_TASKS"), task_count(lookup, "PMI_SIZE"));
    return tasks > 1 ? Launcher::mismatch : Launcher::none;
}

std::string launcher_advice(const EnvironmentLookup& lookup) {
    if (is_set(lookup, "SLURM_STEP_NUM_TASKS")) {
        return fmt::format("srun started {} tasks without PMIx (task {}), which Open MPI needs to join them; "
                           "use 'srun --mpi=pmix …', or 'mpirun …' inside the allocation",
                           task_count(lookup, "SLURM_STEP_NUM_TASKS"), task_count(lookup, "SLURM_PROCID"));
    }
    return fmt::format("a launcher of another MPI started {} processes (process {}); use Open MPI's 'mpirun …'",
                       task_count(lookup, "PMI_SIZE"), task_count(lookup, "PMI_RANK"));
}

bool launched_by_mpi() {
    return detect_launcher([](const char* name) { return std::getenv(name); }) != Launcher::none;
}

} // namespace tacit::dist
