// SPDX-License-Identifier: Apache-2.0
#include "dist/launch/launch_line.hpp"

#include <gtest/gtest.h>
#include <map>

namespace tacit::dist {
namespace {

const std::vector<std::string> kWords = {"/opt/tacit", "knn", "--run", "my run"};

std::string line(int ranks, const Ancestors& above, const std::map<std::string, std::string>& environment) {
    return launch_line(kWords, ranks, above, [&](const char* name) -> const char* {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
    });
}

TEST(LaunchLine, OfOneProcessIsItsWordsForAShell) {
    EXPECT_EQ(line(1, {kWords, {"bash"}}, {}), "/opt/tacit knn --run 'my run'");
    EXPECT_EQ(line(1, {kWords, {"mpirun", "-np", "9", "bash"}}, {}), "/opt/tacit knn --run 'my run'");
}

TEST(LaunchLine, OfRanksIsThatOfTheirLauncher) {
    const std::vector<std::string> launcher = {"mpirun", "-np", "2", "/opt/tacit", "knn", "--run", "my run"};
    EXPECT_EQ(line(2, {kWords, launcher, {"bash"}}, {{"OMPI_COMM_WORLD_SIZE", "2"}}),
              "mpirun -np 2 /opt/tacit knn --run 'my run'");
    EXPECT_EQ(line(2, {kWords, {"hydra_pmi_proxy"}, {"/usr/bin/mpiexec.hydra", "-n", "2", "x"}}, {{"PMI_SIZE", "2"}}),
              "/usr/bin/mpiexec.hydra -n 2 x");
    EXPECT_EQ(line(2, {kWords, launcher, {"tacit", "knn", "--run", "my run", "--ranks", "2"}},
                   {{"OMPI_COMM_WORLD_SIZE", "2"}}),
              "tacit knn --run 'my run' --ranks 2");
}

TEST(LaunchLine, OfOpenMpi5IsWhatWasTyped) {
    const std::vector<std::string> launcher = {"prterun", "-np", "2", "/opt/tacit"};
    EXPECT_EQ(line(2, {kWords, launcher}, {{"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_TOOL_NAME", "mpirun"}}),
              "mpirun -np 2 /opt/tacit");
    EXPECT_EQ(line(2, {kWords, launcher}, {{"OMPI_COMM_WORLD_SIZE", "2"}}), "prterun -np 2 /opt/tacit");
}

TEST(LaunchLine, UnderSlurmNamesSrun) {
    EXPECT_EQ(line(4, {kWords, {"slurmstepd: [7.0]"}},
                   {{"PMIX_RANK", "0"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_NODES", "2"}}),
              "srun --mpi=pmix --nodes 2 --ntasks 4 /opt/tacit knn --run 'my run'");
}

} // namespace
} // namespace tacit::dist
