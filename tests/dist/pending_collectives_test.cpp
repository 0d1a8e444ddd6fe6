// SPDX-License-Identifier: Apache-2.0
#include "dist/pending_collectives.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace tacit::dist {
namespace {

Communicator::Phase phase_of(const WatchedPhase& phase) {
    return [&phase] { return phase; };
}

TEST(PendingCollectives, CountFromWhenTheDeviceComesToThem) {
    PendingCollectives pending;
    WatchedPhase first = WatchedPhase::queued;
    pending.add("first", phase_of(first));
    EXPECT_FALSE(pending.look(10).waiting); // the device has other work
    EXPECT_FALSE(pending.waiting());
    first = WatchedPhase::begun;
    const auto found = pending.look(20);
    EXPECT_EQ(found.begun, 1);
    EXPECT_TRUE(found.waiting);
    EXPECT_EQ(pending.look(30).begun, 0);
    EXPECT_STREQ(pending.waiting()->operation, "first");
    EXPECT_EQ(pending.waiting()->since, 20);
}

TEST(PendingCollectives, AreForgottenInTheirOrder) {
    PendingCollectives pending;
    WatchedPhase first = WatchedPhase::begun;
    WatchedPhase second = WatchedPhase::queued;
    pending.add("first", phase_of(first));
    pending.add("second", phase_of(second));
    EXPECT_EQ(pending.look(10).begun, 1);
    first = WatchedPhase::ended;
    second = WatchedPhase::begun;
    const auto found = pending.look(20);
    EXPECT_TRUE(found.progress);
    EXPECT_EQ(found.begun, 1);
    EXPECT_STREQ(pending.waiting()->operation, "second");
    EXPECT_EQ(pending.waiting()->since, 20);
    second = WatchedPhase::ended;
    EXPECT_TRUE(pending.look(30).progress);
    EXPECT_FALSE(pending.look(40).progress);
    EXPECT_FALSE(pending.waiting());
}

TEST(PendingCollectives, ThatBeganAndEndedBetweenLooksCountToo) {
    PendingCollectives pending;
    const WatchedPhase ended = WatchedPhase::ended;
    pending.add("first", phase_of(ended));
    pending.add("second", phase_of(ended));
    EXPECT_EQ(pending.look(10).begun, 2);
}

TEST(PendingCollectives, AreGivenTheTimeInWhichTheProcessWasStopped) {
    PendingCollectives pending;
    const WatchedPhase begun = WatchedPhase::begun;
    pending.add("first", phase_of(begun));
    pending.look(10);
    pending.forgive(1000);
    EXPECT_EQ(pending.waiting()->since, 1010);
}

TEST(PendingCollectives, TellWhatTheirPhaseThrows) {
    PendingCollectives pending;
    pending.add("first", []() -> WatchedPhase { throw std::runtime_error("the network is gone"); });
    EXPECT_THROW(pending.look(10), std::runtime_error);
}

} // namespace
} // namespace tacit::dist
