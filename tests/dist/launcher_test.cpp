// SPDX-License-Identifier: Apache-2.0
#include "dist/launch/launcher.hpp"

#include "dist/communicator.hpp"
#include "pipeline/base/error.hpp"

#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>

namespace tacit::dist {
namespace {

EnvironmentLookup table(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

constexpr std::array kBoth{MpiKind::open_mpi, MpiKind::mpich};

TEST(Launcher, IsNoneForAProgramStartedDirectly) {
    for (const MpiKind kind : kBoth) {
        EXPECT_EQ(detect_launcher(kind, table({})), Launcher::none);
    }
}

TEST(Launcher, IsNoneForTheBatchScriptOfAMultiTaskJob) {
    for (const MpiKind kind : kBoth) {
        EXPECT_EQ(detect_launcher(kind, table({{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "8"}})), Launcher::none);
    }
}

TEST(Launcher, IsNoneForASingleTaskWithoutMpi) {
    for (const MpiKind kind : kBoth) {
        EXPECT_EQ(detect_launcher(kind, table({{"SLURM_STEP_NUM_TASKS", "1"}})), Launcher::none);
    }
    EXPECT_EQ(detect_launcher(MpiKind::open_mpi, table({{"SLURM_STEP_NUM_TASKS", "1"}, {"PMI_SIZE", "1"}})),
              Launcher::none);
}

TEST(Launcher, IsMpiUnderMpirunInsideASlurmStep) {
    const auto lookup = table({{"OMPI_COMM_WORLD_SIZE", "4"}, {"SLURM_STEP_NUM_TASKS", "2"}});
    EXPECT_EQ(detect_launcher(MpiKind::open_mpi, lookup), Launcher::mpi);
    EXPECT_EQ(started_processes(lookup), 4);
}

TEST(Launcher, IsMpiUnderSrunWithPmix) {
    for (const MpiKind kind : kBoth) {
        EXPECT_EQ(detect_launcher(kind, table({{"PMIX_RANK", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}})), Launcher::mpi);
    }
}

TEST(Launcher, OfMpichAndIntelMpiIsMpiForMpichAlone) {
    const auto hydra = table({{"PMI_FD", "9"}, {"PMI_RANK", "1"}, {"PMI_SIZE", "3"}});
    EXPECT_EQ(detect_launcher(MpiKind::mpich, hydra), Launcher::mpi);
    EXPECT_EQ(started_processes(hydra), 3);
    EXPECT_EQ(detect_launcher(MpiKind::open_mpi, hydra), Launcher::mismatch);
    EXPECT_EQ(
        launcher_advice(MpiKind::open_mpi, hydra),
        "a launcher of another MPI started 3 processes; this Tacit is linked with Open MPI: use the 'mpirun …' or "
        "'mpiexec …' that belongs to it");
}

TEST(Launcher, OfOpenMpiIsAdvisedAgainstForMpich) {
    const auto lookup = table({{"OMPI_COMM_WORLD_SIZE", "4"}, {"PMIX_RANK", "2"}, {"SLURM_STEP_NUM_TASKS", "2"}});
    EXPECT_EQ(started_processes(lookup), 4);
    EXPECT_EQ(launcher_advice(MpiKind::mpich, lookup),
              "a launcher of another MPI started 4 processes; this Tacit is linked with MPICH: use the 'mpirun …' or "
              "'mpiexec …' that belongs to it");
}

TEST(Launcher, AdvisesWhatJoinsTheTasksOfSrun) {
    const auto lookup = table({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "2"}, {"PMI_SIZE", "4"}});
    EXPECT_EQ(detect_launcher(MpiKind::open_mpi, lookup), Launcher::mismatch);
    EXPECT_EQ(launcher_advice(MpiKind::open_mpi, lookup),
              "srun started 4 tasks (this is task 2) in a way that Open MPI cannot join; use 'srun --mpi=pmix …', or "
              "'mpirun …' inside the allocation");
    const auto bare = table({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "2"}});
    EXPECT_EQ(detect_launcher(MpiKind::mpich, bare), Launcher::mismatch);
    EXPECT_EQ(launcher_advice(MpiKind::mpich, bare),
              "srun started 4 tasks (this is task 2) in a way that MPICH cannot join; use 'srun --mpi=pmi2 …', or "
              "'mpirun …' inside the allocation");
}

TEST(Launcher, TellsWhichWayOfStoppingLeavesTimeForACheckpoint) {
    EXPECT_EQ(stop_advice(table({{"SLURM_JOB_ID", "7"}})), "");
    EXPECT_EQ(
        stop_advice(table({{"SLURM_JOB_ID", "7"}, {"SLURM_STEP_ID", "3"}, {"PMIX_RANK", "0"}})),
        "scancel --signal=USR1 7.3 (srun answers one Ctrl-C with the state of its tasks, and at a second one kills "
        "them)");
    EXPECT_EQ(
        stop_advice(table({{"OMPI_COMM_WORLD_SIZE", "4"}, {"PMIX_RANK", "0"}, {"SLURM_STEP_ID", "3"}})),
        "send SIGUSR1 to mpirun (which kills its ranks a second after Ctrl-C; `tacit pretrain --ranks 4` waits for "
        "them)");
    EXPECT_EQ(
        stop_advice(table({{"PMI_RANK", "1"}, {"PMI_SIZE", "3"}})),
        "send SIGUSR1 to mpirun (which kills its ranks a second after Ctrl-C; `tacit pretrain --ranks 3` waits for "
        "them)");
}

TEST(MpiEnvironment, ExplainsAMismatchInsteadOfAborting) {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_FD", "PMI_PORT"}) {
        ::unsetenv(name);
    }
    ::setenv("SLURM_STEP_NUM_TASKS", "2", 1);
    EXPECT_TRUE(launched_by_mpi());
    EXPECT_THROW(MpiEnvironment(), DistError);
    ::unsetenv("SLURM_STEP_NUM_TASKS");
    EXPECT_FALSE(launched_by_mpi());
}

TEST(MpiCommunicator, NeedsAnEnvironment) {
    EXPECT_THROW(make_mpi_communicator(), std::logic_error);
}

} // namespace
} // namespace tacit::dist
