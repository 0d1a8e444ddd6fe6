// SPDX-License-Identifier: Apache-2.0
#include "dist/launch/processes.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
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

bool has(const std::vector<Process>& all, pid_t id) {
    return std::any_of(all.begin(), all.end(), [id](const Process& one) { return one.id == id; });
}

TEST(Processes, OfAJobAreFoundBelowTheirWrappers) {
    const auto start = [](const char* job) { // a rank that waits, below a shell that does so too, until it is killed
        const pid_t wrapper = ::fork();
        if (wrapper == 0) {
            ::setpgid(0, 0);
            ::setenv("PMIX_NAMESPACE", job, 1);
            ::execlp("sh", "sh", "-c", "sh -c 'kill -STOP $$' & wait", nullptr);
            ::_exit(127);
        }
        return wrapper;
    };
    const pid_t first = start("tacit-test-a");
    const pid_t second = start("tacit-test-a");
    const pid_t other = start("tacit-test-b");
    std::vector<Process> found;
    const auto below = [&](pid_t wrapper) {
        return std::any_of(found.begin(), found.end(),
                           [&](const Process& one) { return one.parent == wrapper && one.stopped; });
    };
    for (int i = 0; i < 500 && !(below(first) && below(second)); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        found = processes_of_job(first);
    }
    EXPECT_TRUE(has(found, first) && has(found, second) && below(first) && below(second));
    EXPECT_EQ(found.size(), 4U);
    for (const pid_t wrapper : {first, second, other}) {
        ::kill(-wrapper, SIGKILL);
        ::waitpid(wrapper, nullptr, 0);
    }
}

TEST(Processes, WithoutALauncherAreThoseOfTheSameParent) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::execlp("env", "env", "-i", "/bin/sh", "-c", "kill -STOP $$", nullptr);
        ::_exit(127);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
    const std::vector<Process> found = processes_of_job(child);
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(has(found, child));
    EXPECT_TRUE(std::all_of(found.begin(), found.end(), [](const Process& one) { return one.parent == ::getpid(); }));
}

} // namespace
} // namespace tacit::dist
