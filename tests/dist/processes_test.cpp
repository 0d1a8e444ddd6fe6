// SPDX-License-Identifier: Apache-2.0
#include "dist/processes.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tacit::dist {
namespace {

TEST(Processes, TellsAStoppedOneItsParentAndItsRank) {
    const pid_t child = ::fork();
    if (child == 0) { // a process whose environment gives it a rank, and which stops
        ::setenv("OMPI_COMM_WORLD_RANK", "3", 1);
        ::execlp("sh", "sh", "-c", "kill -STOP $$", nullptr);
        ::_exit(127);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
    ASSERT_TRUE(WIFSTOPPED(status));
    const Process stopped = process_of(child);
    const int rank = launched_rank(child);
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    EXPECT_EQ(stopped.parent, ::getpid());
    EXPECT_TRUE(stopped.stopped);
    EXPECT_EQ(rank, 3);
    EXPECT_EQ(process_of(child).id, 0);
}

TEST(Processes, CountsItselfAmongItsSiblings) {
    const std::vector<Process> all = siblings();
    const auto self = std::find_if(all.begin(), all.end(), [](const Process& one) { return one.id == ::getpid(); });
    ASSERT_NE(self, all.end());
    EXPECT_EQ(self->parent, ::getppid());
    EXPECT_FALSE(self->stopped);
}

} // namespace
} // namespace tacit::dist
