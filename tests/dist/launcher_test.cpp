// SPDX-License-Identifier: Apache-2.0
#include "dist/launcher.hpp"

#include "dist/communicator.hpp"
#include "pipeline/base/error.hpp"

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

TEST(Launcher, IsNoneForAProgramStartedDirectly) {
    EXPECT_EQ(detect_launcher(table({})), Launcher::none);
}

TEST(Launcher, IsNoneForTheBatchScriptOfAMultiTaskJob) {
    EXPECT_EQ(detect_launcher(table({{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "8"}})), Launcher::none);
}

TEST(Launcher, IsNoneForASingleTaskWithoutPmix) {
    EXPECT_EQ(detect_launcher(table({{"SLURM_STEP_NUM_TASKS", "1"}, {"PMI_SIZE", "1"}})), Launcher::none);
}

TEST(Launcher, IsMpiUnderMpirunInsideASlurmStep) {
    EXPECT_EQ(detect_launcher(table({{"OMPI_COMM_WORLD_SIZE", "4"}, {"SLURM_STEP_NUM_TASKS", "2"}})), Launcher::mpi);
}

TEST(Launcher, IsMpiUnderSrunWithPmix) {
    EXPECT_EQ(detect_launcher(table({{"PMIX_RANK", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}})), Launcher::mpi);
}

TEST(Launcher, AdvisesPmixWhenSrunStartedTasksWithoutIt) {
    const auto lookup = table({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "2"}, {"PMI_SIZE", "4"}});
    EXPECT_EQ(detect_launcher(lookup), Launcher::mismatch);
    const std::string advice = launcher_advice(lookup);
    EXPECT_NE(advice.find("4 tasks"), std::string::npos);
    EXPECT_NE(advice.find("srun --mpi=pmix"), std::string::npos);
    EXPECT_EQ(advice.find('\n'), std::string::npos);
}

TEST(Launcher, AdvisesMpirunUnderAnotherMpi) {
    const auto lookup = table({{"PMI_SIZE", "3"}, {"PMI_RANK", "1"}});
    EXPECT_EQ(detect_launcher(lookup), Launcher::mismatch);
    EXPECT_NE(launcher_advice(lookup).find("mpirun"), std::string::npos);
}

TEST(MpiEnvironment, ExplainsAMismatchInsteadOfAborting) {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK"}) {
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
