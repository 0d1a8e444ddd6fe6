// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/order/epoch_order.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace tacit::loader {
namespace {

std::vector<std::int64_t> equal_blocks(std::int64_t blocks, std::int64_t images) {
    std::vector<std::int64_t> starts;
    for (std::int64_t i = 0; i <= blocks; ++i) {
        starts.push_back(i * images);
    }
    return starts;
}

/// Uneven blocks and options that fit them.
struct Drawn {
    std::vector<std::int64_t> starts{0};
    WindowOptions options;
    std::uint32_t epoch = 0;
    std::int64_t samples() const { return starts.back(); }
    /// Lanes and blocks of a window as the options ask for them.
    std::int64_t lanes() const { return keeps_all() ? 1 : std::gcd(options.global_batch, options.lanes); }
    std::int64_t width() const { return std::max<std::int64_t>(1, options.window / lanes()); }
    bool keeps_all() const { return static_cast<std::int64_t>(starts.size()) - 1 <= options.window; }
};

Drawn draw() {
    Drawn drawn;
    for (const int size : *rc::gen::container<std::vector<int>>(40, rc::gen::inRange(1, 9))) {
        drawn.starts.push_back(drawn.starts.back() + size);
    }
    drawn.starts.resize(static_cast<std::size_t>(*rc::gen::inRange(2, 42)));
    drawn.options.seed = *rc::gen::arbitrary<std::uint64_t>();
    drawn.options.global_batch = *rc::gen::inRange<std::int64_t>(1, 25);
    drawn.options.lanes = *rc::gen::inRange<std::int64_t>(1, 13);
    drawn.options.window = *rc::gen::inRange<std::int64_t>(1, 20);
    drawn.epoch = *rc::gen::inRange<std::uint32_t>(0, 1000);
    RC_PRE(drawn.samples() >= drawn.options.global_batch);
    return drawn;
}

RC_GTEST_PROP(EpochOrder, VisitsEachSampleAtMostOnceAndDropsLessThanOneBatch, ()) {
    const Drawn drawn = draw();
    const EpochOrder order(drawn.starts, drawn.options, drawn.epoch);
    RC_ASSERT(order.batches() == drawn.samples() / drawn.options.global_batch);
    std::set<std::int64_t> seen;
    for (std::int64_t batch = 0; batch < order.batches(); ++batch) {
        for (std::int64_t p = 0; p < drawn.options.global_batch; ++p) {
            const Visit visit = order.at(batch, p);
            RC_ASSERT(visit.sample >= drawn.starts[static_cast<std::size_t>(visit.block)]);
            RC_ASSERT(visit.sample < drawn.starts[static_cast<std::size_t>(visit.block) + 1]);
            RC_ASSERT(seen.insert(visit.sample).second);
        }
    }
    RC_ASSERT(drawn.samples() - static_cast<std::int64_t>(seen.size()) < drawn.options.global_batch);
}

RC_GTEST_PROP(EpochOrder, NoBlockIsNeededAfterItsLastBatch, ()) {
    const Drawn drawn = draw();
    const EpochOrder order(drawn.starts, drawn.options, drawn.epoch);
    const std::int64_t share = drawn.options.global_batch / drawn.lanes();
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> last; // (lane, block) -> last batch
    for (std::int64_t batch = 0; batch < order.batches(); ++batch) {
        for (std::int64_t p = 0; p < drawn.options.global_batch; ++p) {
            const Visit visit = order.at(batch, p);
            RC_ASSERT(batch <= visit.last_batch);
            RC_ASSERT(drawn.keeps_all() == (visit.last_batch == kAlways));
            const auto [known, added] = last.emplace(std::pair(p / share, visit.block), visit.last_batch);
            RC_ASSERT(added || known->second == visit.last_batch);
        }
    }
}

RC_GTEST_PROP(EpochOrder, AWindowHoldsFewBlocks, ()) {
    const Drawn drawn = draw();
    const EpochOrder order(drawn.starts, drawn.options, drawn.epoch);
    const std::int64_t share = drawn.options.global_batch / drawn.lanes();
    std::map<std::int64_t, std::set<std::int64_t>> blocks; // of the window that begins there
    std::map<std::int64_t, std::int64_t> samples;
    for (std::int64_t batch = 0; batch < order.batches(); ++batch) {
        for (std::int64_t p = 0; p < drawn.options.global_batch; ++p) {
            const Visit visit = order.at(batch, p);
            const EpochOrder::Window window = order.window_of(visit.sequence);
            RC_ASSERT(visit.sequence == p / share * (drawn.samples() / drawn.lanes()) + batch * share + p % share);
            RC_ASSERT(window.begin <= visit.sequence && visit.sequence < window.end);
            RC_ASSERT(window.last_batch == visit.last_batch);
            RC_ASSERT(++samples[window.begin] <= window.end - window.begin);
            blocks[window.begin].insert(visit.block);
        }
    }
    for (const auto& [begin, of_window] : blocks) {
        RC_ASSERT(static_cast<std::int64_t>(of_window.size()) <= drawn.width());
    }
}

RC_GTEST_PROP(EpochOrder, StandInsComeFromTheWindowFirstAndThenFromAllOthers, ()) {
    const Drawn drawn = draw();
    const EpochOrder order(drawn.starts, drawn.options, drawn.epoch);
    const Visit place = order.at(*rc::gen::inRange<std::int64_t>(0, order.batches()),
                                 *rc::gen::inRange<std::int64_t>(0, drawn.options.global_batch));
    const EpochOrder::Window window = order.window_of(place.sequence);
    std::set<std::int64_t> seen{place.sample};
    for (Visit tried = order.after(place, place); tried.sequence != place.sequence; tried = order.after(place, tried)) {
        const bool inside = window.begin <= tried.sequence && tried.sequence < window.end;
        RC_ASSERT(inside == (static_cast<std::int64_t>(seen.size()) < window.end - window.begin));
        RC_ASSERT(seen.insert(tried.sample).second);
    }
    RC_ASSERT(static_cast<std::int64_t>(seen.size()) == drawn.samples() / drawn.lanes() * drawn.lanes());
}

RC_GTEST_PROP(EpochOrder, AnotherEpochIsTheSameWhetherMovedToOrBuilt, ()) {
    const Drawn drawn = draw();
    EpochOrder moved(drawn.starts, drawn.options, drawn.epoch);
    moved.move_to(drawn.epoch + 7);
    const EpochOrder built(drawn.starts, drawn.options, drawn.epoch + 7);
    for (std::int64_t p = 0; p < drawn.options.global_batch; ++p) {
        RC_ASSERT(moved.at(moved.batches() - 1, p).sample == built.at(built.batches() - 1, p).sample);
    }
}

/// The most blocks that are in memory at once over three epochs, while `slots` batches are in flight.
std::int64_t most_blocks(const std::vector<std::int64_t>& starts, const WindowOptions& options, std::int64_t slots) {
    std::map<std::int64_t, std::int64_t> wanted; // block -> last batch, counted over epochs
    std::size_t most = 0;
    for (std::uint32_t epoch = 0; epoch < 3; ++epoch) {
        const EpochOrder order(starts, options, epoch);
        for (std::int64_t index = 0; index < order.batches(); ++index) {
            const std::int64_t batch = epoch * order.batches() + index;
            std::erase_if(wanted, [&](const auto& block) { return block.second <= batch - slots; });
            for (std::int64_t p = 0; p < options.global_batch; ++p) {
                const Visit visit = order.at(index, p);
                std::int64_t& last = wanted[visit.block];
                last = std::max(last, batch + visit.last_batch - index);
            }
            most = std::max(most, wanted.size());
        }
    }
    return static_cast<std::int64_t>(most);
}

RC_GTEST_PROP(EpochOrder, BlocksInMemoryStayWithinTheStatedBound, ()) {
    const std::int64_t images = *rc::gen::inRange<std::int64_t>(1, 7);
    WindowOptions options;
    options.seed = *rc::gen::arbitrary<std::uint64_t>();
    options.window = *rc::gen::inRange<std::int64_t>(1, 33);
    options.global_batch = *rc::gen::inRange<std::int64_t>(1, 33);
    options.lanes = *rc::gen::inRange<std::int64_t>(1, 9);
    const std::int64_t slots = *rc::gen::inRange<std::int64_t>(2, 5);
    const std::vector<std::int64_t> starts =
        equal_blocks(*rc::gen::inRange<std::int64_t>(options.window + 32, 160), images);
    const std::int64_t lanes = std::gcd(options.global_batch, options.lanes);
    const std::int64_t width = std::max<std::int64_t>(1, options.window / lanes);
    const std::int64_t in_flight = (slots * options.global_batch + images - 1) / images;
    RC_ASSERT(most_blocks(starts, options, slots) <= std::max(options.window, lanes) + in_flight + width + lanes);
}

std::vector<std::int64_t> whole(const EpochOrder& order, std::int64_t global_batch) {
    std::vector<std::int64_t> samples;
    for (std::int64_t batch = 0; batch < order.batches(); ++batch) {
        for (std::int64_t p = 0; p < global_batch; ++p) {
            samples.push_back(order.at(batch, p).sample);
        }
    }
    return samples;
}

TEST(EpochOrder, DiffersByEpochSeedWindowAndLanes) {
    const std::vector<std::int64_t> starts = equal_blocks(60, 5);
    const auto samples = [&](const WindowOptions& options, std::uint32_t epoch) {
        return whole(EpochOrder(starts, options, epoch), options.global_batch);
    };
    const std::vector<std::int64_t> first = samples({1, 8, 4, 16}, 0);
    EXPECT_EQ(first, samples({1, 8, 4, 16}, 0));
    EXPECT_NE(first, samples({1, 8, 4, 16}, 1));
    EXPECT_NE(first, samples({2, 8, 4, 16}, 0));
    EXPECT_NE(first, samples({1, 8, 4, 20}, 0));
    EXPECT_NE(first, samples({1, 8, 2, 16}, 0));
}

TEST(EpochOrder, StaysWhatItWas) {
    // A resumed run must visit what the interrupted one would have: these values may never change.
    const std::vector<std::int64_t> starts{0, 3, 5, 9, 10, 14};
    EXPECT_EQ(whole(EpochOrder(starts, {1, 4, 2, 4}, 0), 4),
              (std::vector<std::int64_t>{12, 13, 8, 4, 10, 11, 3, 1, 5, 7, 9, 0}));
    EXPECT_EQ(whole(EpochOrder(starts, {1, 4, 2, 5}, 1), 4),
              (std::vector<std::int64_t>{1, 0, 4, 5, 6, 8, 2, 7, 3, 12, 11, 13}));
}

TEST(EpochOrder, LanesTurnToNewWindowsAtDifferentBatches) {
    constexpr std::int64_t kLanes = 8;
    const std::vector<std::int64_t> starts = equal_blocks(64 * 6, 32);
    const EpochOrder order(starts, {5, 64, kLanes, 64}, 0);
    for (std::int64_t batch = 1; batch < order.batches(); ++batch) {
        int turns = 0;
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
            turns += order.at(batch - 1, lane * 8).last_batch != order.at(batch, lane * 8).last_batch ? 1 : 0;
        }
        ASSERT_LE(turns, 2) << batch;
    }
}

TEST(EpochOrder, SamplesOfABlockSpreadOverItsWindow) {
    const std::vector<std::int64_t> starts = equal_blocks(256, 16);
    const EpochOrder order(starts, {3, 32, 8, 64}, 0);
    std::map<std::int64_t, std::set<std::int64_t>> batches; // block -> batches that take from it
    for (std::int64_t batch = 0; batch < order.batches(); ++batch) {
        for (std::int64_t p = 0; p < 32; ++p) {
            batches[order.at(batch, p).block].insert(batch);
        }
    }
    double mean = 0;
    for (const auto& [block, of_block] : batches) {
        mean += static_cast<double>(of_block.size()) / static_cast<double>(batches.size());
    }
    EXPECT_GT(mean, 10.0); // 16 samples a block, 32 batches a window of 8 blocks: 12.7 if drawn at random
}

TEST(EpochOrder, IsAFullShuffleWhenTheWindowHoldsAllBlocks) {
    const std::vector<std::int64_t> starts = equal_blocks(4, 250);
    const EpochOrder order(starts, {9, 10, 8, 4}, 0);
    const std::vector<std::int64_t> samples = whole(order, 10);
    double displacement = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        displacement += std::abs(static_cast<double>(samples[i]) - static_cast<double>(i)) / 1000.0;
    }
    EXPECT_NEAR(displacement, 1000.0 / 3, 30.0); // mean distance of two random places is a third of the length
}

TEST(EpochOrder, RefusesPlacesBeyondTheEpoch) {
    const std::vector<std::int64_t> starts = equal_blocks(10, 3);
    const EpochOrder order(starts, {1, 4, 4, 4}, 0);
    EXPECT_THROW(order.at(order.batches(), 0), std::logic_error);
    EXPECT_THROW(order.at(0, 4), std::logic_error);
    EXPECT_THROW(EpochOrder(starts, {1, 4, 4, 0}, 0), std::logic_error);
}

} // namespace
} // namespace tacit::loader
