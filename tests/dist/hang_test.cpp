// SPDX-License-Identifier: Apache-2.0
#include "dist/communicator.hpp"
#include "tests/mpi_main.hpp"

#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <thread>

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

TEST(Hang, DISABLED_stuck) {
    world().set_timeout(std::chrono::seconds(2));
    if (world().rank() == 1) {
        std::this_thread::sleep_for(std::chrono::seconds(50));
    }
    world().barrier();
}

} // namespace
} // namespace tacit::dist
