// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/run/metrics.hpp"
#include "pipeline/train/run/tensorboard.hpp"
#include "tests/pipeline/train/run/full_disk.hpp"
#include "tests/pipeline/train/tiny_run.hpp"

#include <csignal>
#include <cstring>
#include <gtest/gtest.h>
#include <string_view>
#include <vector>

namespace tacit::train {
namespace {

template <class T> T take(std::string_view& bytes) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes.remove_prefix(sizeof value);
    return value;
}

std::uint32_t unmasked(std::uint32_t masked) {
    const std::uint32_t rotated = masked - 0xA282EAD8U;
    return rotated >> 17 | rotated << 15;
}

/// The records of a TFRecord file; fails the test on a wrong CRC.
std::vector<std::string> records(std::string_view bytes) {
    std::vector<std::string> found;
    while (!bytes.empty()) {
        const std::string_view head = bytes.substr(0, 8);
        const auto length = take<std::uint64_t>(bytes);
        EXPECT_EQ(unmasked(take<std::uint32_t>(bytes)), crc32c(head.data(), head.size()));
        const std::string_view data = bytes.substr(0, length);
        bytes.remove_prefix(length);
        EXPECT_EQ(unmasked(take<std::uint32_t>(bytes)), crc32c(data.data(), data.size()));
        found.emplace_back(data);
    }
    return found;
}

TEST(TensorBoard, FrameHasTheKnownBytes) {
    // Computed bit by bit from the definition of CRC-32C and TFRecord's mask, outside this code base.
    constexpr std::string_view kExpected("\x05\0\0\0\0\0\0\0\xEA\xB2\x04\x3Etacit\xF3\x90\xC0\xC4", 21);
    EXPECT_EQ(tfrecord_frame("tacit"), kExpected);
}

TEST(TensorBoard, FileHoldsVersionThenScalars) {
    const TemporaryFolder folder;
    EventWriter writer(folder.path());
    writer.scalars(300, {{"train/loss", 0.5}});
    const auto events = records(read_file(writer.path()));
    ASSERT_EQ(events.size(), 2U);
    EXPECT_NE(events[0].find("brain.Event:2"), std::string::npos);
    // wall_time (key 0x09, 8 bytes), step (key 0x10, varint 300 = AC 02), summary (key 0x2A), value (0x0A),
    // tag (0x0A), simple_value (key 0x15, float 0.5 = 00 00 00 3F)
    constexpr std::string_view kExpected("\x10\xAC\x02\x2A\x13\x0A\x11\x0A\x0Atrain/loss\x15\0\0\0\x3F", 24);
    EXPECT_EQ(events[1].substr(9), kExpected);
}

TEST(Metrics, ResumedFileDropsLaterAndTornLines) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/metrics.jsonl";
    {
        MetricsWriter writer(path, 0);
        writer.write(3, {{"loss", 1.5}});
        writer.write(6, {{"loss", 1.25}});
        writer.write(9, {{"loss", 1.0 / 3}});
    }
    write_file_atomically(path, read_file(path) + "{\"step\": 12, \"lo");
    MetricsWriter resumed(path, 7);
    resumed.write(9, {{"loss", 0.5}});
    EXPECT_EQ(read_file(path), "{\"step\":3,\"loss\":1.5}\n{\"step\":6,\"loss\":1.25}\n{\"step\":9,\"loss\":0.5}\n");
}

TEST(Metrics, DamagedLineLeavesTheHistoryAroundItAlone) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/metrics.jsonl";
    write_file_atomically(path, "{\"step\":3,\"loss\":1.5}\n{\"step\":6,\"l\xFFss\":1.25}\n{\"step\":9,\"loss\":1}\n");
    testing::internal::CaptureStderr();
    MetricsWriter resumed(path, 9);
    resumed.write(12, {{"loss", 0.5}});
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "warning: " + path +
                  ": 1 of its lines is damaged and left out, line 2 first; the curves lack that much, all "
                  "other lines are kept\n");
    EXPECT_EQ(read_file(path), "{\"step\":3,\"loss\":1.5}\n{\"step\":9,\"loss\":1}\n{\"step\":12,\"loss\":0.5}\n");
}

TEST(Metrics, FullDiskDoesNotEndAStartThatResumes) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/metrics.jsonl";
    const std::string kept = "{\"step\":3,\"loss\":1.5}\n";
    write_file_atomically(path, kept + "{\"step\":6,\"loss\":1.25}\n{\"step\": 12, \"lo");
    {
        const FullDisk full(0);
        EXPECT_NO_THROW(MetricsWriter(path, 3));
    }
    EXPECT_EQ(read_file(path), kept);
    const std::string damaged = "damaged\n" + kept; // which no cutting mends
    write_file_atomically(path, damaged);
    {
        const FullDisk full(0);
        EXPECT_NO_THROW(MetricsWriter(path, 3));
    }
    EXPECT_EQ(read_file(path), damaged);
}

class StopSignalTest : public testing::TestWithParam<int> {};

TEST_P(StopSignalTest, AsksForAStopAndGoesOn) {
    clear_stop();
    std::signal(GetParam(), SIG_DFL); // even under nohup
    const StopSignals signals;
    EXPECT_FALSE(stop_requested());
    std::raise(GetParam());
    EXPECT_TRUE(stop_requested());
    clear_stop();
}

INSTANTIATE_TEST_SUITE_P(Signals, StopSignalTest, testing::Values(SIGINT, SIGTERM, SIGUSR1, SIGHUP));

TEST(StopSignals, HangUpThatIsIgnoredStaysSo) {
    clear_stop();
    std::signal(SIGHUP, SIG_IGN);
    {
        const StopSignals signals;
        std::raise(SIGHUP);
        EXPECT_FALSE(stop_requested());
    }
    std::signal(SIGHUP, SIG_DFL);
}

TEST(StopSignals, SecondInterruptEndsTheProcessAtOnce) {
    EXPECT_EXIT(
        {
            const StopSignals signals;
            std::raise(SIGINT);
            std::raise(SIGINT);
        },
        testing::ExitedWithCode(128 + SIGINT), "");
}

TEST(StopSignals, RestoresTheHandlersBefore) {
    struct sigaction before {};
    sigaction(SIGTERM, nullptr, &before);
    { const StopSignals signals; }
    struct sigaction after {};
    sigaction(SIGTERM, nullptr, &after);
    EXPECT_EQ(before.sa_handler, after.sa_handler);
}

} // namespace
} // namespace tacit::train
