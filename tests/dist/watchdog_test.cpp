// SPDX-License-Identifier: Apache-2.0
#include "dist/watch/watchdog.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>

namespace tacit::dist {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience{20};

TEST(Watchdog, NamesTheOperationThatDoesNotEnd) {
    std::promise<std::string> heard;
    Watchdog watchdog(milliseconds(30), [&](const char* operation, milliseconds) {
        heard.set_value(operation);
        return true;
    });
    watchdog.start("all_gather");
    std::future<std::string> operation = heard.get_future();
    ASSERT_EQ(operation.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(operation.get(), "all_gather");
}

TEST(Watchdog, IsQuietAboutWhatEndsAndWithoutLimit) {
    int hangs = 0;
    {
        Watchdog watchdog(milliseconds(0), [&](const char*, milliseconds) { return ++hangs > 0; });
        watchdog.start("barrier");
        watchdog.stop();
        watchdog.set_limit(milliseconds(1));
        std::promise<void> never;
        never.get_future().wait_for(milliseconds(30)); // time for many looks
    }
    EXPECT_EQ(hangs, 0);
}

TEST(Watchdog, TakesANewLimitWhileItWatches) {
    std::promise<milliseconds> heard;
    Watchdog watchdog(milliseconds(0), [&](const char*, milliseconds limit) {
        heard.set_value(limit);
        return true;
    });
    watchdog.start("barrier");
    watchdog.set_limit(milliseconds(20));
    std::future<milliseconds> limit = heard.get_future();
    ASSERT_EQ(limit.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(limit.get(), milliseconds(20));
}

TEST(Watchdog, AsksAgainWhereTheOperationIsNoHangYet) {
    std::promise<int> heard;
    int asked = 0;
    Watchdog watchdog(milliseconds(20), [&](const char*, milliseconds) {
        if (++asked == 3) {
            heard.set_value(asked);
        }
        return asked == 3;
    });
    watchdog.start("barrier");
    std::future<int> times = heard.get_future();
    ASSERT_EQ(times.wait_for(kPatience), std::future_status::ready);
}

} // namespace
} // namespace tacit::dist
