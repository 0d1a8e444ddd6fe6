// SPDX-License-Identifier: Apache-2.0
#include "dist/communicator.hpp"
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

} // namespace
} // namespace tacit::dist
