// SPDX-License-Identifier: Apache-2.0
#include "dist/communicator.hpp"
#include "pipeline/base/error.hpp"
#include "tests/mpi_main.hpp"

#include <ATen/Functions.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace tacit::dist {
namespace {

TEST(Hang, ARankThatShowsProgressIsWaitedForLongerThanTheTimeout) {
    world().set_timeout(std::chrono::seconds(1));
    if (world().rank() == world().size() - 1) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
        while (std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            world().sign_of_life();
        }
    }
    world().barrier();
    world().set_timeout(kDefaultTimeout);
}

TEST(Hang, ARankThatComesALittleAfterTheTimeoutIsNotTakenForStuck) {
    world().set_timeout(std::chrono::seconds(1));
    if (world().rank() == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1800));
    }
    world().barrier();
    std::this_thread::sleep_for(std::chrono::milliseconds(2500)); // longer than the others wait for rank 0's word
    world().set_timeout(kDefaultTimeout);
}

TEST(Hang, ASuspensionOfTheJobWhileRanksTakeLeaveIsForgiven) {
    if (world().size() == 1) {
        GTEST_SKIP() << "one rank waits for nobody";
    }
    constexpr std::chrono::seconds kLimit{2};
    at::Tensor process = at::full({1}, ::getpid(), at::kLong);
    const at::Tensor all = world().all_gather(process);
    std::string processes;
    for (std::int64_t i = 0; i < all.numel(); ++i) {
        processes += fmt::format(" {}", all[i].item<std::int64_t>());
    }
    auto comm = make_mpi_communicator();
    comm->set_timeout(kLimit);
    comm->barrier();
    if (comm->rank() == 0) {
        const std::string command = fmt::format("(sleep 1; kill -STOP{0}; sleep 5; kill -CONT{0}) &", processes);
        ASSERT_EQ(std::system(command.c_str()), 0); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
    }
    if (comm->rank() == comm->size() - 1) {
        std::this_thread::sleep_for(std::chrono::seconds(8)); // the others wait for it meanwhile
    }
    comm.reset();
    world().set_timeout(kDefaultTimeout);
}

/// A collective of a device that begins and ends as long after `start` as told.
Communicator::Phase phase_after(std::chrono::milliseconds begins, std::chrono::milliseconds ends) {
    return [=, start = std::chrono::steady_clock::now()] {
        const auto since = std::chrono::steady_clock::now() - start;
        return since < begins ? WatchedPhase::queued : since < ends ? WatchedPhase::begun : WatchedPhase::ended;
    };
}

constexpr std::chrono::hours kNever{1};

TEST(Hang, ADeviceThatComesToACollectiveLongAfterTheCallIsWaitedFor) {
    world().set_timeout(std::chrono::seconds(1));
    constexpr std::chrono::milliseconds kBusy{3000};
    const auto ends = kBusy + std::chrono::milliseconds(500);
    // The last rank's device has work to do before it, which its host does not see; another collective ends meanwhile.
    const bool last = world().rank() == world().size() - 1;
    world().watch("all_reduce_sum on GPUs", phase_after(last ? kBusy : std::chrono::milliseconds(0), ends));
    const auto end = std::chrono::steady_clock::now() + ends;
    while (last && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        world().sign_of_life();
    }
    std::this_thread::sleep_until(end);
    world().barrier();
    world().set_timeout(kDefaultTimeout);
}

// These end their job with exit code 76; CMakeLists.txt says what they must print.

TEST(Hang, DISABLED_alone) {
    world().set_timeout(std::chrono::seconds(2));
    if (world().rank() == 1) {
        std::raise(SIGSTOP);
    }
    std::this_thread::sleep_for(std::chrono::seconds(50)); // at work of its own, in no collective
}

TEST(Hang, DISABLED_stopped) {
    world().set_timeout(std::chrono::seconds(2));
    if (world().rank() == 1) {
        std::raise(SIGSTOP);
    }
    world().barrier();
}

TEST(Hang, DISABLED_leaving) {
    auto comm = make_mpi_communicator();
    comm->set_timeout(std::chrono::seconds(2));
    comm->barrier();
    if (comm->rank() == 1) {
        std::raise(SIGSTOP);
    }
    comm.reset();
}

TEST(Hang, DISABLED_stuck) {
    world().set_timeout(std::chrono::seconds(2));
    if (world().rank() == 1) {
        std::this_thread::sleep_for(std::chrono::seconds(50));
    }
    world().barrier();
}

/// Rank 1 never gives its device the collective that the others' devices have come to.
TEST(Hang, DISABLED_device) {
    world().set_timeout(std::chrono::seconds(2));
    if (world().rank() != 1) {
        world().watch("all_reduce_sum on GPUs", phase_after(std::chrono::milliseconds(0), kNever));
    }
    std::this_thread::sleep_for(std::chrono::seconds(50));
}

TEST(Hang, DISABLED_broken) {
    if (world().rank() == 1) {
        world().watch("all_reduce_sum on GPUs", []() -> WatchedPhase { throw DistError("rank 1: remote\nmore"); });
    }
    std::this_thread::sleep_for(std::chrono::seconds(50));
}

} // namespace
} // namespace tacit::dist
