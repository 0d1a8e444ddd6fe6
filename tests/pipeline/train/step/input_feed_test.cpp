// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/input_feed.hpp"

#include <torch/types.h>

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <string>
#include <vector>

namespace tacit::train {
namespace {

const InputFormat kOnCpu{{0.5}, {0.5}, at::kCPU, false};

/// Notes what a feed asks of the loader and of the queue.
class InputFeedTest : public testing::Test {
  protected:
    class Queue : public CopyQueue {
      public:
        explicit Queue(InputFeedTest& test) : test_(test) {}
        void run(const std::function<void()>& copies) override {
            test_.note("copy");
            copies();
        }
        void hand_over(const std::vector<at::Tensor>& results) override {
            test_.note(fmt::format("hand over {}", results.size()));
        }
        void wait() override { test_.note("wait"); }

      private:
        InputFeedTest& test_;
    };

    InputFeed feed(std::unique_ptr<CopyQueue> queue) {
        return {[this](BatchPlace place) -> const loader::Batch& {
                    note(fmt::format("load {}.{}", place.epoch, place.batch));
                    batch_.count = 1;
                    batch_.ids = {place.batch};
                    batch_.labels = {-1};
                    batch_.views.resize(1);
                    batch_.views[0].shape = {2, 2, 1};
                    batch_.views[0].pixels.assign(4, static_cast<std::uint8_t>(place.batch));
                    return batch_;
                },
                [this] { return ready_; }, kOnCpu, std::move(queue)};
    }
    InputFeed feed() { return feed(std::make_unique<Queue>(*this)); }
    void note(const std::string& what) { log_.push_back(what); }
    std::vector<std::string> taken_log() { return std::exchange(log_, {}); }

    bool ready_ = true;

  private:
    loader::Batch batch_;
    std::vector<std::string> log_;
};

using Log = std::vector<std::string>;

TEST_F(InputFeedTest, CopiesTheNextBatchBeforeItIsAskedFor) {
    InputFeed of = feed();
    of.take({0, 0}, 1);
    EXPECT_EQ(taken_log(), (Log{"wait", "load 0.0", "copy", "hand over 1"}));
    of.prepare({0, 1}, 1);
    EXPECT_EQ(taken_log(),
              (Log{"wait", "load 0.1", "copy"})); // the memory of batch 0 was read before it is filled anew
    of.prepare({0, 1}, 1);
    EXPECT_EQ(taken_log(), Log{});
    const models::PretextInput next = of.take({0, 1}, 1);
    EXPECT_EQ(taken_log(), Log{"hand over 1"});
    EXPECT_EQ(next.ids.item<std::int64_t>(), 1);
}

TEST_F(InputFeedTest, DoesNotWaitForABatchThatIsNotThere) {
    InputFeed of = feed();
    ready_ = false;
    of.prepare({0, 0}, 1);
    EXPECT_EQ(taken_log(), Log{});
    of.take({0, 0}, 1);
    EXPECT_EQ(taken_log(), (Log{"wait", "load 0.0", "copy", "hand over 1"}));
}

TEST_F(InputFeedTest, AnotherPlaceThanPreparedIsLoadedAnew) {
    InputFeed of = feed();
    of.prepare({0, 5}, 1);
    taken_log();
    EXPECT_EQ(of.take({0, 2}, 1).ids.item<std::int64_t>(), 2);
    EXPECT_EQ(taken_log(), (Log{"wait", "load 0.2", "copy", "hand over 1"}));
    EXPECT_EQ(of.take({0, 5}, 1).ids.item<std::int64_t>(), 5); // what was prepared was dropped
    EXPECT_EQ(taken_log(), (Log{"wait", "load 0.5", "copy", "hand over 1"}));
}

TEST_F(InputFeedTest, TheLastCopyIsWaitedForAtTheEnd) {
    {
        InputFeed of = feed();
        of.take({0, 0}, 1);
        taken_log();
    }
    EXPECT_EQ(taken_log(), Log{"wait"});
}

TEST_F(InputFeedTest, WithoutAQueueNothingIsMadeAhead) {
    InputFeed of = feed(nullptr);
    of.prepare({0, 1}, 1);
    EXPECT_EQ(taken_log(), Log{});
    EXPECT_EQ(of.take({0, 0}, 1).ids.item<std::int64_t>(), 0);
    EXPECT_EQ(taken_log(), Log{"load 0.0"});
}

} // namespace
} // namespace tacit::train
