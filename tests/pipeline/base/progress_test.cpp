// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/log.hpp"
#include "pipeline/base/progress.hpp"

#include <gtest/gtest.h>

namespace tacit {
namespace {

class ProgressLines : public testing::Test {
  protected:
    ProgressOptions options(std::int64_t total) {
        ProgressOptions made;
        made.label = "import";
        made.total = total;
        made.live = false;
        made.line = [this](const std::string& line) { lines_.push_back(line); };
        made.clock = [this] { return now_; };
        return made;
    }
    double now_ = 100;
    std::vector<std::string> lines_;
};

TEST_F(ProgressLines, ComeEveryTenSecondsAndAtTheEnd) {
    Progress progress(options(1000));
    for (int second = 1; second <= 25; ++second) {
        now_ = 100 + second;
        progress.update(second * 40);
    }
    progress.finish();
    ASSERT_EQ(lines_.size(), 3U);
    EXPECT_EQ(lines_[0], "import 400/1000 40%  40.0 images/s  ETA 0:15");
    EXPECT_EQ(lines_[1], "import 800/1000 80%  40.0 images/s  ETA 0:05");
    EXPECT_EQ(lines_[2], "import 1000/1000 100%  40.0 images/s  in 0:25");
}

TEST_F(ProgressLines, ShowFieldsInOrder) {
    Progress progress(options(100));
    now_ += 10;
    progress.update(50, {{"loss", "2.31"}, {"data-wait", "3%"}});
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_EQ(lines_[0], "import 50/100 50%  5.00 images/s  ETA 0:10  loss 2.31  data-wait 3%");
}

TEST_F(ProgressLines, KeepTheNewestFieldsForTheEnd) {
    Progress progress(options(100));
    now_ += 1;
    progress.update(50, {{"loss", "2.00"}});
    progress.update(100);
    progress.finish();
    EXPECT_EQ(lines_.back(), "import 100/100 100%  100 images/s  in 0:01  loss 2.00");
}

TEST_F(ProgressLines, CountTheRateFromTheStart) {
    ProgressOptions resumed = options(200);
    resumed.start = 100;
    resumed.units_per_item = 64;
    Progress progress(std::move(resumed));
    now_ += 10;
    progress.update(150);
    EXPECT_EQ(lines_.back(), "import 150/200 75%  320 images/s  ETA 0:10");
}

TEST_F(ProgressLines, OfAnUnknownTotalHaveNoShareAndNoEta) {
    Progress progress(options(0));
    now_ += 20;
    progress.update(40);
    EXPECT_EQ(lines_.back(), "import 40  2.00 images/s");
}

TEST_F(ProgressLines, TakeATotalThatIsLearntLater) {
    Progress progress(options(0));
    now_ += 20;
    progress.set_total(80);
    progress.update(40);
    EXPECT_EQ(lines_.back(), "import 40/80 50%  2.00 images/s  ETA 0:20");
}

TEST_F(ProgressLines, EndWithFinish) {
    Progress progress(options(10));
    now_ += 1;
    progress.finish();
    progress.finish();
    now_ += 60;
    progress.update(10);
    EXPECT_EQ(lines_.size(), 1U);
}

TEST(ProgressBar, IsRedrawnInPlaceAndRemovedBeforeTheLastLine) {
    double now = 0;
    ProgressOptions options;
    options.label = "epoch 1/2";
    options.total = 4;
    options.live = true;
    options.clock = [&now] { return now; };
    testing::internal::CaptureStdout();
    {
        Progress progress(std::move(options));
        now = 1;
        progress.update(1);
        log::info("a line");
        now = 4;
        progress.update(4);
        progress.finish();
    }
    const std::string erase = "\r\033[K";
    const std::string quarter = "epoch 1/2 [#####...............] 1/4 25%  1.00 images/s  ETA 0:03";
    const std::string full = "epoch 1/2 [####################] 4/4 100%  1.00 images/s  ETA 0:00";
    EXPECT_EQ(testing::internal::GetCapturedStdout(), erase + quarter + erase + "a line\n" + quarter + erase + full +
                                                          erase + "epoch 1/2 4/4 100%  1.00 images/s  in 0:04\n");
}

/// What a terminal of `columns` shows of a long job.
std::string line_at(int columns) {
    double now = 0;
    ProgressOptions options;
    options.label = "context_encoder";
    options.total = 4680;
    options.units_per_item = 128;
    options.live = true;
    options.columns = columns;
    options.clock = [&now] { return now; };
    testing::internal::CaptureStdout();
    Progress progress(std::move(options));
    now = 60;
    progress.update(117, {{"loss", "0.6931"}, {"data wait", "12 %"}});
    return testing::internal::GetCapturedStdout().substr(std::string("\r\033[K").size());
}

TEST(ProgressBar, KeepsCountAndEtaOnNarrowTerminals) {
    const std::string full = "context_encoder 117/4680 2%  250 images/s  ETA 39:00  loss 0.6931  data wait 12 %";
    EXPECT_EQ(line_at(200), full.substr(0, 16) + "[#...................] " + full.substr(16));
    EXPECT_EQ(line_at(83), full);
    EXPECT_EQ(line_at(80), full.substr(0, full.find("  data wait")));
    EXPECT_EQ(line_at(60), full.substr(0, full.find("  loss")));
    EXPECT_EQ(line_at(45), "context_encoder 117/4680 2%  ETA 39:00");
    EXPECT_EQ(line_at(30), "ETA 39:00");
    EXPECT_EQ(line_at(6), "ETA 3");
}

class LogVoice : public testing::Test {
  protected:
    void TearDown() override {
        log::set_rank(0, 1);
        log::set_quiet(false);
    }
};

TEST_F(LogVoice, OnlyRankZeroInforms) {
    testing::internal::CaptureStdout();
    log::set_rank(1, 2);
    log::info("from one");
    log::set_rank(0, 2);
    log::info("from zero");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "from zero\n");
}

TEST_F(LogVoice, WarningsCarryTheRank) {
    testing::internal::CaptureStderr();
    log::warning("alone");
    log::set_rank(3, 4);
    log::warning("slow disk");
    log::error("broken");
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "warning: alone\n[rank 3] warning: slow disk\n[rank 3] error: broken\n");
}

TEST_F(LogVoice, QuietSilencesInformationOnly) {
    log::set_quiet(true);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    log::info("chatter");
    log::live("bar");
    log::warning("heard");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "warning: heard\n");
    EXPECT_FALSE(log::speaks());
}

TEST_F(LogVoice, AWarningIsSaidOnce) {
    testing::internal::CaptureStderr();
    log::warning("said twice");
    log::warning("said once");
    log::warning("said twice");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "warning: said twice\nwarning: said once\n");
}

TEST_F(LogVoice, WhatIsHeardAloneIsSaidAfterAllIfWhoHearsItFails) {
    testing::internal::CaptureStderr();
    try {
        const log::HeardWarnings heard(true);
        log::warning("before the failure");
        throw std::runtime_error("failed");
    } catch (const std::runtime_error&) {
        const log::HeardWarnings other(true);
        log::warning("kept");
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "warning: before the failure\n");
}

TEST(DurationText, FitsItsSize) {
    EXPECT_EQ(duration_text(7.4), "0:07");
    EXPECT_EQ(duration_text(754), "12:34");
    EXPECT_EQ(duration_text(3 * 3600 + 5 * 60 + 9), "3:05:09");
    EXPECT_EQ(duration_text(2 * 86400 + 4 * 3600), "2 d 04:00");
    EXPECT_EQ(duration_text(-1), "0:00");
}

TEST(CompactNumber, KeepsThreeDigits) {
    EXPECT_EQ(compact_number(0.523), "0.52");
    EXPECT_EQ(compact_number(12.34), "12.3");
    EXPECT_EQ(compact_number(944.6), "945");
    EXPECT_EQ(compact_number(12345), "12.3k");
    EXPECT_EQ(compact_number(12345678), "12.3M");
}

} // namespace
} // namespace tacit
